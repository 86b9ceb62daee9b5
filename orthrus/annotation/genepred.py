"""genePred in its dresses: plain, UCSC database dump, Table-Browser export, refFlat, knownGene."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from orthrus.annotation.detect_format import Format
from orthrus.annotation.lines import Block, counted, gene_rows
from orthrus.annotation.schema import as_rows, integer_lists, integers, misfits
from orthrus.errors import OrthrusError
from orthrus.identifiers import published

PLAIN = (
    "name", "chrom", "strand", "txStart", "txEnd", "cdsStart", "cdsEnd",
    "exonCount", "exonStarts", "exonEnds",
)  # fmt: skip
EXTENDED = (*PLAIN, "score", "name2", "cdsStartStat", "cdsEndStat", "exonFrames")
LAYOUTS = {
    Format.GENEPRED: PLAIN,
    Format.GENEPRED_EXT: EXTENDED,
    Format.GENEPRED_BIN: ("bin", *PLAIN),
    Format.GENEPRED_EXT_BIN: ("bin", *EXTENDED),
    Format.REFFLAT: ("name2", *PLAIN),
    Format.KNOWN_GENE: (*PLAIN, "proteinID", "alignID"),
}

SCALARS = {
    "tx_start": "txStart",
    "tx_end": "txEnd",
    "cds_start": "cdsStart",
    "cds_end": "cdsEnd",
    "exon_count": "exonCount",
}
LISTS = {"exon_starts": "exonStarts", "exon_ends": "exonEnds"}


def parse(blocks: Iterable[Block], layout: Format, path: str | Path) -> pl.DataFrame:
    """Parse genePred text of the given layout into `ROWS`.

    `exonFrames` is taken as published: one frame per exon in genomic order. Where there are
    frames, there are also completeness marks; plain genePred has neither (`unk`).

    Raises
    ------
    OrthrusError
        The header of a Table-Browser export lacks a column of genePred.
    """
    names = LAYOUTS.get(layout, ())
    parsed = []
    for block in blocks:
        names = names or _header(block, path)
        parsed.append(_parse(block, names, path))
    return pl.concat(parsed, rechunk=True)


def _parse(block: Block, names: tuple[str, ...], path: str | Path) -> pl.DataFrame:
    table = gene_rows(block, names, path)
    if names[-1] not in (PLAIN[-1], EXTENDED[-1]):  # it may be empty
        table = counted(table, block, len(names))
    if not block.before:  # a header without `#` is no comment
        header = (pl.col("name") == "name") & (pl.col("chrom") == "chrom")
        table = table.filter(~header.fill_null(False))
    table = table.with_columns(
        *(integers(pl.col(theirs)).alias(ours) for ours, theirs in SCALARS.items()),
        *(integer_lists(pl.col(theirs)).alias(ours) for ours, theirs in LISTS.items()),
        *_extended(names),
        pl.col("name").alias("transcript_id"),
    )
    # Frames may be -1, hence are no coordinates; `checks` knows their four values.
    bad = misfits(tuple(SCALARS), tuple(LISTS))
    fault = pl.coalesce("fault", pl.when(bad).then(pl.lit("coordinate")))
    return as_rows(table.with_columns(fault=fault))


def _header(block: Block, path: str | Path) -> tuple[str, ...]:
    """Return the names in the header line."""
    line = next(block.lines()).decode("utf-8", errors="replace")
    names = tuple(line.lstrip("#").split("\t"))
    missing = [name for name in PLAIN if name not in names]
    if missing:
        raise OrthrusError(
            f"{path}: line 1: the header lacks {', '.join(missing)}; export all fields"
        )
    return names


def _extended(names: tuple[str, ...]) -> list[pl.Expr]:
    """Return the columns that plain genePred lacks."""
    gene = [published(pl.col("name2")).alias("gene_name")] if "name2" in names else []
    if not set(EXTENDED) <= set(names):
        unknown = pl.lit("unk")
        return [*gene, unknown.alias("cds_start_stat"), unknown.alias("cds_end_stat")]
    return [
        *gene,
        pl.col("cdsStartStat").alias("cds_start_stat"),
        pl.col("cdsEndStat").alias("cds_end_stat"),
        integer_lists(pl.col("exonFrames")).alias("exon_frames"),
    ]

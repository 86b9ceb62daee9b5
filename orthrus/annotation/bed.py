"""BED12: one line per transcript, blocks relative to its start; and bigGenePred as text.

bigGenePred has eight more columns: what genePredExt has beside its exons, and names. Its `geneName`
is the gene's identifier, unless it repeats the transcript's, as `genePredToBigGenePred` writes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from orthrus.annotation.lines import Block, counted, gene_rows
from orthrus.annotation.schema import as_rows, integer_lists, integers, misfits

COLUMNS = (
    "chrom", "chromStart", "chromEnd", "name", "score", "strand",
    "thickStart", "thickEnd", "itemRgb", "blockCount", "blockSizes", "blockStarts",
)  # fmt: skip


FURTHER = (
    "name2", "cdsStartStat", "cdsEndStat", "exonFrames",
    "type", "geneName", "geneName2", "geneType",
)  # fmt: skip
NOTHING = ("none", "(null)", "n/a")
"""What UCSC's tools write where there is no text."""


def parse(blocks: Iterable[Block], path: str | Path) -> pl.DataFrame:
    """Parse BED12 text into `ROWS`; the CDS is thickStart to thickEnd, its completeness unknown."""
    return pl.concat((_parse(block, COLUMNS, path) for block in blocks), rechunk=True)


def parse_big(blocks: Iterable[Block], path: str | Path) -> pl.DataFrame:
    """Parse bigGenePred text into `ROWS`, with the frames and marks that it states."""
    names = (*COLUMNS, *FURTHER)
    return pl.concat((_parse(block, names, path) for block in blocks), rechunk=True)


def _parse(block: Block, names: tuple[str, ...], path: str | Path) -> pl.DataFrame:
    table = gene_rows(block, names, path)
    if "geneType" in names:
        table = counted(table, block, len(names))
    table = table.with_columns(
        integers(pl.col("chromStart")).alias("tx_start"),
        integers(pl.col("chromEnd")).alias("tx_end"),
        integers(pl.col("thickStart")).alias("cds_start"),
        integers(pl.col("thickEnd")).alias("cds_end"),
        integers(pl.col("blockCount")).alias("exon_count"),
        integer_lists(pl.col("blockSizes")).alias("sizes"),
        integer_lists(pl.col("blockStarts")).alias("offsets"),
        pl.col("name").alias("transcript_id"),
        *_further(names),
    )
    numbers = ("tx_start", "tx_end", "cds_start", "cds_end", "exon_count")
    unequal = pl.col("sizes").list.len() != pl.col("offsets").list.len()
    fault = pl.coalesce(
        "fault",
        pl.when(misfits(numbers, ("sizes", "offsets"))).then(pl.lit("coordinate")),
        pl.when(unequal).then(pl.lit("exon_lists")),
    )
    table = table.with_columns(fault=fault)
    sound = pl.col("fault").is_null()
    blocks = _blocks(table.filter(sound))
    return as_rows(table.join(blocks, on="source_row", how="left", maintain_order="left"))


def _further(names: tuple[str, ...]) -> list[pl.Expr]:
    """Return the columns that BED12 lacks."""
    if "geneType" not in names:
        unknown = pl.lit("unk")
        return [unknown.alias("cds_start_stat"), unknown.alias("cds_end_stat")]
    kind, gene, symbol, other = map(_told, ("type", "geneName", "geneName2", "name2"))
    return [
        pl.col("cdsStartStat").alias("cds_start_stat"),
        pl.col("cdsEndStat").alias("cds_end_stat"),
        integer_lists(pl.col("exonFrames")).alias("exon_frames"),
        pl.when(gene != pl.col("name")).then(gene).alias("gene_id"),
        pl.coalesce(symbol, other).alias("gene_name"),
        kind.alias("biotype"),
    ]


def _told(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).is_in(NOTHING)).then(name)


def _blocks(table: pl.DataFrame) -> pl.DataFrame:
    """Return `source_row`, `exon_starts` and `exon_ends` (genomic positions) of sound lines."""
    flat = table.select("source_row", "tx_start", "sizes", "offsets").explode("sizes", "offsets")
    start = pl.col("tx_start") + pl.col("offsets")
    return flat.group_by("source_row", maintain_order=True).agg(
        start.alias("exon_starts"), (start + pl.col("sizes")).alias("exon_ends")
    )

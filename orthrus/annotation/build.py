"""From a published gene table to the transcript table of one annotation set."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from orthrus import schemas
from orthrus.annotation import bed, genepred, gff3, gtf, toga
from orthrus.annotation.contig_bounds import reject_outside
from orthrus.annotation.detect_format import Format, sniff
from orthrus.annotation.exclusions import exclude_repeats, exclude_unstranded, exclude_unwanted
from orthrus.annotation.exons import SHORT_INTRON
from orthrus.annotation.export import export
from orthrus.annotation.features import refuse_alignments
from orthrus.annotation.gencode_tables import add_attributes, add_tags
from orthrus.annotation.gene_ids import geneless
from orthrus.annotation.lines import Block, blocks, called
from orthrus.annotation.normalize import SetMetadata, normalise
from orthrus.annotation.row_checks import reject_malformed
from orthrus.annotation.row_filter import RowFilter, reasons, tell
from orthrus.config.annotation import AnnotationSettings
from orthrus.errors import OrthrusError
from orthrus.files import atomic_folder, write_json
from orthrus.identifiers import published
from orthrus.log import say
from orthrus.schemas import DROPPED, TRANSCRIPTS
from orthrus.sources import fetch_records

GENEPRED = "transcripts.genepred.gz"
SET_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+")
PARSERS: dict[Format, Callable[[Iterable[Block], Path], pl.DataFrame]] = {
    Format.GTF: gtf.parse,
    Format.GFF3: gff3.parse,
    Format.BED12: bed.parse,
    Format.BIG_GENEPRED: bed.parse_big,
}


@dataclass(frozen=True)
class Files:
    """A gene table and the files that may go with it."""

    table: Path
    attributes: Path | None = None
    tags: Path | None = None
    orthology: Path | None = None
    loss: Path | None = None
    chrom_sizes: Path | None = None
    aliases: Path | None = None


@dataclass(frozen=True)
class Annotation:
    """One annotation set: its transcripts, and every row that is not among them."""

    transcripts: pl.DataFrame
    excluded: pl.DataFrame
    rejected: pl.DataFrame
    summary: dict[str, Any]

    def write(self, folder: Path, genepred: bool = False) -> None:
        """Publish the folder whole: three Parquet files, `summary.json` and, if asked, genePred."""
        with atomic_folder(folder) as fresh:
            schemas.write_table(self.transcripts, fresh / "transcripts.parquet", TRANSCRIPTS)
            schemas.write_table(self.excluded, fresh / "excluded.parquet", DROPPED)
            schemas.write_table(self.rejected, fresh / "rejected.parquet", DROPPED)
            write_json(self.summary, fresh / "summary.json")
            if genepred:
                export(self.transcripts, "genepred", fresh / GENEPRED)


def build(files: Files, label: SetMetadata, settings: AnnotationSettings) -> Annotation:
    """Read a gene table into an annotation set.

    Every row of the table ends up in exactly one of the three tables. In a GTF or GFF3 a row is a
    transcript, or a line that belongs to none.

    Raises
    ------
    OrthrusError
        A file cannot be read or does not fit the table, too many rows are malformed, or no row is
        left.
    """
    if not SET_NAME.fullmatch(label.annotation_set):
        raise OrthrusError(
            f"--annotation-set: {label.annotation_set!r} is not <assembly>.<annotation>, "
            "such as hg38.gencode_v43"
        )
    fetch_records.check(vars(files).values())
    rows, layout = _read(files, label, settings)
    if settings.toga.keep_classes and "chain" in rows.columns and not files.loss:
        raise OrthrusError(f"{files.table}: toga.keep_classes needs the loss table; give --loss")
    if rows.is_empty() and layout in (Format.GTF, Format.GFF3):
        refuse_alignments(blocks(files.table, settings.max_bytes), files.table)
    row_filter = RowFilter(rows)
    exclude_unstranded(row_filter)
    reject_malformed(row_filter)
    short = row_filter.exons.inner() & (row_filter.exons.gaps() < SHORT_INTRON)
    exclude_unwanted(row_filter, settings)
    names = reject_outside(row_filter, files.chrom_sizes, files.aliases)
    exclude_repeats(row_filter, settings)
    _refuse_bad_table(files.table, len(rows), row_filter, settings.max_rejected)
    _warn_of_lost_genes(files.table, row_filter.rows)
    transcripts, joined = normalise(row_filter.rows, label, settings.min_intron)
    summary = {
        "annotation_set": label.annotation_set,
        "format": str(layout),
        "input_rows": len(rows),
        "kept": len(transcripts),
        "excluded": reasons(row_filter.excluded),
        "rejected": reasons(row_filter.rejected),
        "joined_introns": joined,
        "short_introns": int(short.sum()),
        "coding": int(transcripts["cds_start"].count()),
        "complete": _count_complete(transcripts),
        "sequence_names": names,
    }
    return Annotation(transcripts, row_filter.excluded, row_filter.rejected, summary)


def _read(
    files: Files, label: SetMetadata, settings: AnnotationSettings
) -> tuple[pl.DataFrame, Format]:
    """Return the parsed rows with what the companion files add, and the table's format."""
    layout, text = sniff(blocks(files.table, settings.max_bytes), files.table)
    if layout in PARSERS:
        rows = PARSERS[layout](text, files.table)
    else:
        rows = genepred.parse(text, layout, files.table)
    rows = rows.with_columns(published(pl.col("transcript_id", "gene_id")))
    if files.attributes:
        rows = add_attributes(rows, files.attributes, settings.min_matched)
    if files.tags:
        rows = add_tags(rows, files.tags, settings.min_matched)
    if _is_toga(files, label):
        rows = _as_projections(rows, layout, files, settings.min_matched)
    return rows, layout


def _is_toga(files: Files, label: SetMetadata) -> bool:
    named = label.annotation_set.partition(".")[2].startswith("toga_")
    return named or bool(files.orthology or files.loss)


def _as_projections(rows: pl.DataFrame, layout: Format, files: Files, least: float) -> pl.DataFrame:
    if layout is not Format.BED12:
        raise OrthrusError(f"{files.table}: TOGA projections must be BED12, this is {layout}")
    rows = toga.read_names(rows)
    if files.loss:
        rows = toga.add_loss(rows, files.loss, least)
    if files.orthology:
        rows = toga.add_orthology(rows, files.orthology, least)
    return rows


def _refuse_bad_table(table: Path, total: int, row_filter: RowFilter, ceiling: float) -> None:
    rejected = row_filter.rejected
    if len(rejected) > ceiling * total:
        first = rejected.row(0, named=True)
        raise OrthrusError(
            f"{table}: {len(rejected)} of {total} rows are malformed, more than max_rejected = "
            f"{ceiling:g}; the first is line {first['source_row']} "
            f"({first['transcript_id'] or 'no name'}): {first['reason']}"
            + (f", {first['detail']}" if first["detail"] else "")
            + f"; mend the table or raise {called('max_rejected')}"
        )
    if row_filter.rows.is_empty():
        raise OrthrusError(
            f"{table}: no transcript is left of {total} rows: {tell(rejected, 'rejected')}, "
            f"{tell(row_filter.excluded, 'excluded')}; check the table and the settings"
        )


def _warn_of_lost_genes(table: Path, rows: pl.DataFrame) -> None:
    """Say so where the table names genes that are only transcripts; BED12 names none at all."""
    if rows["gene_id"].count() and (why := geneless(rows)):
        say(f"{table}: {why}")


def _count_complete(transcripts: pl.DataFrame) -> int:
    both = (pl.col("cds_start_stat") == "cmpl") & (pl.col("cds_end_stat") == "cmpl")
    return int(transcripts.select(both.sum()).item())

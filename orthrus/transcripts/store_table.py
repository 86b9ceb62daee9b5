"""A store's table as Parquet, smaller than `schemas.write_table` makes it and as fast to read.

Which encoding suits a column was measured on RefSeq and on synthetic genes; docs/decisions/data.md
has the figures.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus import embedded_digests, schemas
from orthrus.errors import OrthrusError

LEVEL = 6
"""Of Zstandard: below, it misses much of what isoforms share; above, it only takes longer."""

ROW_GROUP = 1 << 17


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Check a TRANSCRIPTS table and write it as Parquet; the same rows always give the same bytes.

    Raises
    ------
    OrthrusError
        The table breaks its contract.
    """
    import pyarrow.parquet as pq  # which reading a store does without

    schemas.check(table, schemas.TRANSCRIPTS)
    pq.write_table(
        table.to_arrow(),
        path,
        row_group_size=ROW_GROUP,
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=_repetitive(table),
        column_encoding={
            column.name: "DELTA_BINARY_PACKED" for column in table if _ordered(column)
        },
        # Relations look there for what a whole column says; those of lists would take a while.
        write_statistics=[column.name for column in table if column.dtype == pl.String],
        store_schema=False,  # Parquet's own types say the same
    )
    embedded_digests.seal_parquet(path)


def _ordered(column: pl.Series) -> bool:
    """Tell whether a column is of integers, which mostly grow from row to row.

    Exon starts and ends, which lists hold, stay as they are: isoforms repeat them, and differences
    packed into bits would hide that from the compressor.
    """
    return column.dtype == pl.Int64


def _repetitive(table: pl.DataFrame) -> list[str]:
    """Return the paths of the columns of few values: frames, tags, and texts that repeat."""
    texts = [column for column in table if column.dtype == pl.String]
    repeated = [column.name for column in texts if 2 * column.n_unique() <= len(column)]
    return [*repeated, "exon_frames.list.element", "tags.list.element"]


def check_exons(table: pl.DataFrame) -> None:
    """Refuse exons that no annotation reader writes; compiled loops take them at their word.

    Raises
    ------
    OrthrusError
        Names the first transcript at fault and what is wrong.
    """
    starts, ends, frames = (pl.col(f"exon_{name}") for name in ("starts", "ends", "frames"))
    count = starts.list.len()
    alike = (count > 0) & (ends.list.len() == count) & (frames.list.len() == count)
    _require(table, alike, "exon_starts, exon_ends and exon_frames differ in length or are empty")
    introns = starts.list.slice(1) - ends.list.head(count - 1)
    faults = {
        "an exon coordinate is null": starts.list.drop_nulls().list.len() == count,
        "strand is not + or -": pl.col("strand").is_in(["+", "-"]),
        "an exon starts before 0": starts.list.min() >= 0,
        "an exon is empty": (ends - starts).list.min() > 0,
        "exons overlap or are out of order": introns.list.min().fill_null(0) >= 0,
        "an exon frame is not -1, 0, 1 or 2": (frames.list.min() >= -1) & (frames.list.max() <= 2),
        "length is not the sum of the exons": (ends - starts).list.sum() == pl.col("length"),
        "only one of cds_start and cds_end is given": (
            pl.col("cds_start").is_null() == pl.col("cds_end").is_null()
        ),
    }
    each = table.select(holds.fill_null(False).all().alias(name) for name, holds in faults.items())
    for fault, holds in each.row(0, named=True).items():
        if not holds:
            _require(table, faults[fault], fault)


def _require(table: pl.DataFrame, holds: pl.Expr, fault: str) -> None:
    bad = table.filter(~holds.fill_null(False))
    if len(bad):
        raise OrthrusError(
            f"transcript {bad['transcript_id'][0]}: {fault}; "
            "build the table with `orthrus annotation build`"
        )

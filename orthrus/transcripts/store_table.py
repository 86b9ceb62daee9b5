"""A store's table as Parquet, smaller than `schemas.write_table` makes it and as fast to read.

Which encoding suits a column was measured on RefSeq and on synthetic genes: see docs/decisions.md.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus import embedded_digests, schemas

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

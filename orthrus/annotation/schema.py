"""What every parser returns: one row per transcript of the file, sound or not.

`ROWS` is the agreed schema. Coordinates are nucleotides, 0-based and half-open, in genomic order.
A parser converts and labels; whether the numbers make sense is judged in `checks`.
"""

from __future__ import annotations

import polars as pl

MAX_COORDINATE = 2**31 - 1
"""Larger positions are refused: no chromosome is that long, and bedtools cannot hold them."""

_INTS = pl.List(pl.Int64())

ROWS = pl.Schema(
    {
        "source_row": pl.Int64(),  # line of the file, from 1; a transcript's first in GTF
        "transcript_id": pl.String(),
        "chrom": pl.String(),
        "strand": pl.String(),
        "tx_start": pl.Int64(),
        "tx_end": pl.Int64(),
        "cds_start": pl.Int64(),  # non-coding: null, or equal to cds_end
        "cds_end": pl.Int64(),
        "exon_count": pl.Int64(),  # as the file states it, null where it does not
        "exon_starts": _INTS,
        "exon_ends": _INTS,
        "exon_frames": _INTS,  # null where the format has no frames
        "cds_start_stat": pl.String(),
        "cds_end_stat": pl.String(),
        "gene_id": pl.String(),
        "gene_name": pl.String(),
        "biotype": pl.String(),
        "tags": pl.List(pl.String()),
        "fault": pl.String(),  # why the row cannot be read, else null
        "detail": pl.String(),
    }
)


def as_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with exactly the columns of `ROWS`; absent ones are null."""
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in ROWS.items()
    )


def integers(text: pl.Expr) -> pl.Expr:
    """Return Int64 of text, null where it is not an integer."""
    return text.cast(pl.Int64, strict=False)


def integer_lists(text: pl.Expr) -> pl.Expr:
    """Return List(Int64) of comma-separated text such as `12,34,` (elements null as `integers`)."""
    return text.str.strip_suffix(",").str.split(",").cast(pl.List(pl.Int64), strict=False)


def misfits(scalars: tuple[str, ...], lists: tuple[str, ...] = ()) -> pl.Expr:
    """Return whether any of these columns holds something that cannot be a coordinate."""
    bad_scalar = [~pl.col(name).is_between(0, MAX_COORDINATE).fill_null(False) for name in scalars]
    bad_list = [
        pl.col(name).is_null()
        | (pl.col(name).list.eval(pl.element().is_null()).list.any())
        | (pl.col(name).list.min() < 0).fill_null(False)
        | (pl.col(name).list.max() > MAX_COORDINATE).fill_null(False)
        for name in lists
    ]
    return pl.any_horizontal(bad_scalar + bad_list)

"""Projections that TOGA found in pieces: several lines of one name, or chain -1.

A piece holds some of the exons, often at the end of a scaffold. A row of the transcript table lies
on one strand of one sequence, so only pieces that do can become one: their exons in genomic order,
which is the order of the transcript, and the CDS from the first to the last coding base. The frame
runs on from piece to piece, as in TOGA's own sequence of the projection. The row has the place of
the first piece in the file; the others are excluded as `merged`. Pieces on several sequences or
strands, pieces that overlap, and those of which one fell before are excluded as `fragmented`.
"""

from __future__ import annotations

import polars as pl

from orthrus.annotation.row_filter import Sieve
from orthrus.strings import format_expr

_NAME, _START, _END = pl.col("transcript_id"), pl.col("tx_start"), pl.col("tx_end")


def exclude_fragments(sieve: Sieve) -> None:
    """Take away every projection that is not one line of a chain."""
    sieve.exclude((pl.col("chain") == -1) | _NAME.is_duplicated(), "fragmented")


def merge_fragments(sieve: Sieve) -> None:
    """Make one row of the pieces of a projection where that is possible; see the module."""
    fallen = pl.concat([sieve.rejected, sieve.excluded])["transcript_id"].drop_nulls()
    sieve.exclude(_NAME.is_in(fallen.implode()), "fragmented", pl.lit("without another piece"))
    if not sieve.rows["transcript_id"].is_duplicated().any():
        return
    places = pl.struct("chrom", "strand").n_unique().over("transcript_id")
    sieve.exclude(
        places > 1, "fragmented", format_expr("pieces on {} sequences or strands", places)
    )
    before = _END.shift().over("transcript_id", order_by=["tx_start", "source_row"])
    overlap = (before > _START).any().over("transcript_id")
    sieve.exclude(overlap, "fragmented", pl.lit("pieces overlap"))
    joined = _joined(sieve.rows)
    sieve.rows = sieve.rows.with_columns(first=pl.col("source_row").min().over("transcript_id"))
    later = pl.col("source_row") != pl.col("first")
    sieve.exclude(later, "merged", format_expr("with line {}", "first"))
    sieve.rows = sieve.rows.drop("first").update(joined, on="transcript_id")


def _joined(rows: pl.DataFrame) -> pl.DataFrame:
    """Return coordinates of the rows that pieces (not overlapping) become, by name."""
    coding = pl.col("cds_start") < pl.col("cds_end")
    pieces = rows.filter(_NAME.is_duplicated()).sort("transcript_id", "tx_start")
    return pieces.group_by("transcript_id").agg(
        _START.min(),
        _END.max(),
        pl.col("cds_start").filter(coding).min(),
        pl.col("cds_end").filter(coding).max(),
        pl.col("exon_count").sum(),
        pl.col("exon_starts").list.explode(),
        pl.col("exon_ends").list.explode(),
    )

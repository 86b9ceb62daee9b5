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

from orthrus.annotation.row_filter import RowFilter
from orthrus.strings import format_expr

_NAME, _START, _END = pl.col("transcript_id"), pl.col("tx_start"), pl.col("tx_end")


def exclude_fragments(row_filter: RowFilter) -> None:
    """Take away every projection that is not one line of a chain."""
    row_filter.exclude((pl.col("chain") == -1) | _NAME.is_duplicated(), "fragmented")


def merge_fragments(row_filter: RowFilter) -> None:
    """Make one row of the pieces of a projection where that is possible; see the module."""
    fallen = pl.concat([row_filter.rejected, row_filter.excluded])["transcript_id"].drop_nulls()
    row_filter.exclude(_NAME.is_in(fallen.implode()), "fragmented", pl.lit("without another piece"))
    if not row_filter.rows["transcript_id"].is_duplicated().any():
        return
    places = pl.struct("chrom", "strand").n_unique().over("transcript_id")
    row_filter.exclude(
        places > 1, "fragmented", format_expr("pieces on {} sequences or strands", places)
    )
    before = _END.shift().over("transcript_id", order_by=["tx_start", "source_row"])
    overlap = (before > _START).any().over("transcript_id")
    row_filter.exclude(overlap, "fragmented", pl.lit("pieces overlap"))
    joined = _joined(row_filter.rows)
    row_filter.rows = row_filter.rows.with_columns(
        first=pl.col("source_row").min().over("transcript_id")
    )
    later = pl.col("source_row") != pl.col("first")
    row_filter.exclude(later, "merged", format_expr("with line {}", "first"))
    row_filter.rows = row_filter.rows.drop("first").update(joined, on="transcript_id")


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

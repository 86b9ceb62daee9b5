"""Which rows are malformed: rules on one row alone, without a genome.

Reasons, in the order in which they are tried (a row gets the first that applies):

============= ==================================================================================
columns       the line has more or fewer fields than its format
attributes    a GTF or GFF3 line names no transcript, or a parent that has no line of its own
coordinate    a position or count is no integer, negative, or too large
repeated      a GTF has two transcripts of one name on one strand of a chromosome
trans_spliced the transcript is spliced in trans, and its parts are not in the order of one strand
several_cds   the CDS lines of a GFF3 transcript belong to several CDSs
phase         the phase of a GTF or GFF3 CDS line is none of 0, 1, 2 and `.`
name          there is no transcript name
chrom         there is no chromosome name
strand        the strand is neither `+` nor `-`, or differs within a transcript
exon_lists    the lists of starts, ends and frames differ in length
exon_count    the stated number of exons is not that of the list
no_exon       the transcript has no exon
exon_empty    an exon ends where it starts, or before
exon_order    exons overlap or are not in genomic order
exon_range    exons reach beyond the transcript
exon_span     exons do not reach the transcript's ends, as where a file was cut after its first exon
cds_range     the CDS ends before it starts, or reaches beyond the transcript
cds_intron    the CDS starts or ends within an intron, or has a part outside the exons
cds_parts     two CDS parts of one exon are more than 2 nt apart or in two frames that overlap by
              more, or a part does not reach the end of its exon although another exon follows
stat          a completeness mark is none of `none`, `unk`, `incmpl`, `cmpl`
frame         a frame is none of -1, 0, 1, 2, or -1 in a coding exon, or not -1 in another
============= ==================================================================================
"""

from __future__ import annotations

import numpy as np
import polars as pl

from orthrus.annotation.row_filter import RowFilter
from orthrus.array_types import Flags
from orthrus.strings import format_expr

STATS = ("none", "unk", "incmpl", "cmpl")
_START, _END, _FRAMES = (pl.col(f"exon_{name}") for name in ("starts", "ends", "frames"))
CODING = pl.col("cds_start").is_not_null() & (pl.col("cds_start") != pl.col("cds_end"))
"""Whether a row of `ROWS` has a CDS; UCSC writes non-coding rows with an empty one."""


def reject_malformed(row_filter: RowFilter) -> None:
    """Take away the rows that cannot be a transcript; see the module for the reasons."""
    _reject_unreadable(row_filter)
    _reject_bad_lists(row_filter)
    _reject_bad_exons(row_filter)
    _reject_bad_cds(row_filter)


def _reject_unreadable(row_filter: RowFilter) -> None:
    row_filter.reject(pl.col("fault").is_not_null(), pl.col("fault"), pl.col("detail"))
    row_filter.reject(pl.col("transcript_id").is_null(), "name")
    row_filter.reject(pl.col("chrom").is_null(), "chrom")
    known = pl.col("strand").is_in(["+", "-"]).fill_null(False)
    row_filter.reject(
        ~known, "strand", format_expr("strand {}", pl.col("strand").fill_null("missing"))
    )


def _reject_bad_lists(row_filter: RowFilter) -> None:
    starts, ends = _START.list.len().fill_null(0), _END.list.len().fill_null(0)
    frames = _FRAMES.list.len().fill_null(starts)
    row_filter.reject(
        (starts != ends) | (starts != frames),
        "exon_lists",
        format_expr("{} starts, {} ends, {} frames", starts, ends, frames),
    )
    count = pl.col("exon_count")
    row_filter.reject(
        count != starts, "exon_count", format_expr("{} stated, {} listed", count, starts)
    )
    row_filter.reject(starts == 0, "no_exon")
    row_filter.reject(_FRAMES.list.eval(pl.element().is_null()).list.any(), "frame")


def _reject_bad_exons(row_filter: RowFilter) -> None:
    exons = row_filter.exons
    row_filter.reject(pl.Series(exons.any(exons.starts >= exons.ends)), "exon_empty")
    exons = row_filter.exons
    row_filter.reject(pl.Series(exons.any(exons.inner() & (exons.gaps() < 0))), "exon_order")
    start, end = _START.list.first(), _END.list.last()
    places = (start, end, "tx_start", "tx_end")
    beyond = (start < pl.col("tx_start")) | (end > pl.col("tx_end"))
    row_filter.reject(
        beyond, "exon_range", format_expr("exons {}-{} outside transcript {}-{}", *places)
    )
    short = (start != pl.col("tx_start")) | (end != pl.col("tx_end"))
    row_filter.reject(short, "exon_span", format_expr("exons {}-{} of transcript {}-{}", *places))


def _reject_bad_cds(row_filter: RowFilter) -> None:
    cds_start, cds_end = pl.col("cds_start"), pl.col("cds_end")
    outside = (cds_start < pl.col("tx_start")) | (cds_end > pl.col("tx_end"))
    row_filter.reject(
        CODING & ((cds_start > cds_end) | outside),
        "cds_range",
        format_expr("CDS {}-{} of transcript {}-{}", cds_start, cds_end, "tx_start", "tx_end"),
    )
    exons = row_filter.exons
    start, end = (
        row_filter.rows[name].fill_null(0).to_numpy() for name in ("cds_start", "cds_end")
    )
    in_exons = pl.Series(exons.contain(start) & exons.contain(end - 1))
    row_filter.reject(row_filter.rows.select(CODING).to_series() & ~in_exons, "cds_intron")
    known = [pl.col(f"cds_{end}_stat").is_in(STATS).fill_null(False) for end in ("start", "end")]
    row_filter.reject(CODING & ~pl.all_horizontal(known), "stat")
    row_filter.reject(pl.Series(_misframed(row_filter)), "frame")


def _misframed(row_filter: RowFilter) -> Flags:
    """(n,) bool: the published frames do not fit the CDS."""
    rows, exons = row_filter.rows, row_filter.exons
    if rows["exon_frames"].null_count():
        return np.zeros(len(rows), dtype=bool)
    start, end = (rows[name].fill_null(0).to_numpy() for name in ("cds_start", "cds_end"))
    unknown = (exons.frames < -1) | (exons.frames > 2)
    return exons.any(unknown | ((exons.coding(start, end) > 0) != (exons.frames >= 0)))

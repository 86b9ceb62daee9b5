"""What must hold of a transcript table before its coordinates index a genome."""

from __future__ import annotations

import polars as pl

from orthrus.errors import OrthrusError


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

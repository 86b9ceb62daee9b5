"""The exons of a transcript table as flat arrays, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.errors import OrthrusError

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Exons:
    """The exons of n transcripts, all m of them end to end, in genomic order.

    Attributes
    ----------
    offsets
        (n + 1,) int64: transcript i has exons `offsets[i]:offsets[i + 1]`.
    starts, ends
        (m,) int64, genomic, 0-based half-open.
    coding_starts, coding_ends
        (m,) int64, the part of the exon inside the CDS; empty (start = end) where there is none.
    frames
        (m,) int8: the place in its codon (0, 1, 2) of the exon's first coding base in the
        direction of transcription, -1 without one.
    minus
        (n,) bool: on the minus strand.
    """

    offsets: Ints
    starts: Ints
    ends: Ints
    coding_starts: Ints
    coding_ends: Ints
    frames: npt.NDArray[np.int8]
    minus: npt.NDArray[np.bool_]

    @property
    def lengths(self) -> Ints:
        """(n,) int64: the spliced length of every transcript, nt."""
        return np.add.reduceat(self.ends - self.starts, self.offsets[:-1])


def flatten(table: pl.DataFrame) -> Exons:
    """Return the exons of a non-empty TRANSCRIPTS table, with the annotated frames.

    Raises
    ------
    OrthrusError
        A row's exons are not a possible transcript: see `_check`.
    """
    _check(table)
    counts = table["exon_starts"].list.len().to_numpy()
    offsets = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    # Copies, as polars hands out read-only views, which the kernel would be compiled for again.
    starts = np.array(table["exon_starts"].explode(), dtype=np.int64)
    ends = np.array(table["exon_ends"].explode(), dtype=np.int64)
    cds_start = np.repeat(table["cds_start"].fill_null(0).to_numpy(), counts)
    cds_end = np.repeat(table["cds_end"].fill_null(0).to_numpy(), counts)
    coding_starts = np.clip(cds_start, starts, ends)
    return Exons(
        offsets,
        starts,
        ends,
        coding_starts,
        np.maximum(np.clip(cds_end, starts, ends), coding_starts),
        np.array(table["exon_frames"].explode(), dtype=np.int8),
        np.array(table["strand"] == "-"),
    )


def frames_from_cds_start(exons: Exons) -> npt.NDArray[np.int8]:
    """Return the frames, (m,) int8, of a CDS read without a break from its first base."""
    coding = exons.coding_ends - exons.coding_starts
    through = np.concatenate([[0], np.cumsum(coding)])
    counts = np.diff(exons.offsets)
    before = through[:-1] - np.repeat(through[exons.offsets[:-1]], counts)
    after = np.repeat(through[exons.offsets[1:]], counts) - through[1:]
    upstream = np.where(np.repeat(exons.minus, counts), after, before)
    return np.where(coding > 0, upstream % 3, -1).astype(np.int8)


def _check(table: pl.DataFrame) -> None:
    """Refuse rows that no annotation reader writes; the arrays are taken at their word later."""
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
    for fault, holds in faults.items():
        _require(table, holds, fault)


def _require(table: pl.DataFrame, holds: pl.Expr, fault: str) -> None:
    bad = table.filter(~holds.fill_null(False))
    if len(bad):
        raise OrthrusError(
            f"transcript {bad['transcript_id'][0]}: {fault}; "
            "build the table with `orthrus annotation build`"
        )

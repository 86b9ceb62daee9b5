"""The exons of many transcripts as flat arrays, and what can be computed from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from orthrus.array_types import Flags, Ints

SHORT_INTRON = 20
"""Gaps between exons of fewer nt are no introns: no known one is shorter than 30 nt."""


@dataclass(frozen=True)
class Exons:
    """Exons of n transcripts end to end, genomic order, positions 0-based and half-open.

    Attributes
    ----------
    starts, ends, frames
        (e,) int64. A frame is that of the exon's first coding base in transcription direction,
        -1 in an exon without CDS.
    offsets
        (n + 1,) int64: transcript i owns exons `offsets[i]:offsets[i + 1]`, at least one.
    """

    starts: Ints
    ends: Ints
    frames: Ints
    offsets: Ints

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Exons:
        """Flatten the exon lists of `ROWS`; frames that are not published are -1 everywhere."""
        counts = rows["exon_starts"].list.len().to_numpy()
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        starts, ends = (_flat(rows[name]) for name in ("exon_starts", "exon_ends"))
        if rows["exon_frames"].null_count():
            return cls(starts, ends, np.full(len(starts), -1), offsets)
        return cls(starts, ends, _flat(rows["exon_frames"]), offsets)

    @cached_property
    def transcript(self) -> Ints:
        """(e,) int64: the transcript of each exon."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    @property
    def firsts(self) -> Ints:
        """(n,) int64: index of each transcript's genomic-left exon."""
        return self.offsets[:-1]

    @property
    def lasts(self) -> Ints:
        """(n,) int64: index of each transcript's genomic-right exon."""
        return self.offsets[1:] - 1

    def any(self, of_exon: Flags) -> Flags:
        """(n,) bool: whether a flag is set for any exon of a transcript."""
        if not of_exon.any():  # nearly always, where the flag is a fault
            return np.zeros(len(self.offsets) - 1, dtype=bool)
        return np.logical_or.reduceat(of_exon, self.firsts)

    def sum(self, of_exon: Ints) -> Ints:
        """(n,) int64: the sum of a number over the exons of a transcript."""
        return np.add.reduceat(of_exon, self.firsts) if len(of_exon) else of_exon

    def inner(self) -> Flags:
        """(e,) bool: the exon has a left neighbour in its transcript."""
        flags = np.ones(len(self.starts), dtype=bool)
        flags[self.firsts] = False
        return flags

    def gaps(self) -> Ints:
        """(e,) int64: nt between an exon and its left neighbour; meaningless unless `inner`."""
        return self.starts - np.concatenate(([0], self.ends))[:-1]

    def coding(self, cds_start: Ints, cds_end: Ints) -> Ints:
        """(e,) int64: coding nt of each exon, given the CDS (n,) in genomic positions."""
        left = np.maximum(self.starts, cds_start[self.transcript])
        right = np.minimum(self.ends, cds_end[self.transcript])
        return np.maximum(right - left, 0)

    def before(self, position: Ints) -> Ints:
        """(n,) int64: exonic nt left of a genomic position (n,)."""
        return self.sum(
            np.clip(position[self.transcript] - self.starts, 0, self.ends - self.starts)
        )

    def contain(self, position: Ints) -> Flags:
        """(n,) bool: whether the base at a genomic position (n,) lies in an exon."""
        place = position[self.transcript]
        return self.any((self.starts <= place) & (place < self.ends))

    def upstream(self, of_exon: Ints, reverse: Flags) -> Ints:
        """(e,) int64: the sum of a number over the exons before, in transcription direction.

        `reverse` (n,) tells which transcripts are on the minus strand.
        """
        before = np.cumsum(of_exon) - of_exon
        before -= before[self.firsts][self.transcript] if len(before) else 0
        after = self.sum(of_exon)[self.transcript] - before - of_exon
        return np.where(reverse[self.transcript], after, before)

    def shifts(self, cds_start: Ints, cds_end: Ints, reverse: Flags) -> Flags:
        """(e,) bool: the exon touches its left neighbour, and the frame shifts between the two."""
        right = np.flatnonzero(self.inner() & (self.gaps() == 0))
        right = right[(self.frames[right] >= 0) & (self.frames[right - 1] >= 0)]
        flags = np.zeros(len(self.starts), dtype=bool)
        if not len(right):  # nearly always
            return flags
        minus = reverse[self.transcript[right]]
        first, second = np.where(minus, right, right - 1), np.where(minus, right - 1, right)
        coding = self.coding(cds_start, cds_end)[first]
        flags[right] = (self.frames[first] + coding) % 3 != self.frames[second]
        return flags

    def lists(self) -> dict[str, pl.Series]:
        """Return the columns `exon_starts`, `exon_ends`, `exon_frames` of the table contract."""
        return {
            "exon_starts": _nested(self.starts, self.offsets),
            "exon_ends": _nested(self.ends, self.offsets),
            "exon_frames": _nested(self.frames.astype(np.int8), self.offsets),
        }


def frames_from_start(exons: Exons, cds_start: Ints, cds_end: Ints, reverse: Flags) -> Ints:
    """Return (e,) int64 frames of CDSs that start in frame and never break it.

    The frame of an exon is the number of coding nt before it, in transcription direction, mod 3.
    """
    coding = exons.coding(cds_start, cds_end)
    frames = exons.upstream(coding, reverse) % 3
    return np.where(coding > 0, frames, -1)


def join_short_introns(
    exons: Exons, reverse: Flags, min_intron: int, shifts: Flags
) -> tuple[Exons, int]:
    """Join exons that less than `min_intron` nt separate; return them and the number of joins.

    The frame of a joined exon is that of its first coding part in transcription direction. Exons
    between which the frame `shifts` stay two.
    """
    apart = ~exons.inner() | (exons.gaps() >= min_intron) | shifts
    if apart.all():
        return exons, 0
    groups = np.flatnonzero(apart)
    index = np.arange(len(apart))
    coding = exons.frames >= 0
    leftmost = np.minimum.reduceat(np.where(coding, index, len(index)), groups)
    rightmost = np.maximum.reduceat(np.where(coding, index, -1), groups)
    first = np.where(reverse[exons.transcript][groups], rightmost, leftmost)
    frames = np.where(rightmost >= 0, exons.frames[np.minimum(first, len(index) - 1)], -1)
    ends = exons.ends[np.concatenate((groups[1:], [len(index)])) - 1]
    offsets = np.concatenate(([0], np.cumsum(apart)))[exons.offsets]
    return Exons(exons.starts[groups], ends, frames, offsets), int((~apart).sum())


def _flat(lists: pl.Series) -> Ints:
    return lists.explode().to_numpy().astype(np.int64, copy=False)


def _nested(values: NDArray[np.integer], offsets: Ints) -> pl.Series:
    array = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(values))
    return pl.Series(pl.from_arrow(array))

"""Codes at two bits per base in memory, and the sparse rest as runs of marks.

Codon starts are runs of every third nucleotide, so that a transcript has few runs: one for each
exon end, one for its CDS unless the frame breaks, and those of its unknown bases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from orthrus.array_types import Ints
from orthrus.compiled import compiled
from orthrus.transcripts.codes import BASE, CODON_START, EXON_END, UNKNOWN, Codes

Runs = npt.NDArray[np.uint32]

# The first number of a run: what it marks in the two highest bits, and its first position in the
# transcript.
KIND_SHIFT = 30
POSITION = (1 << KIND_SHIFT) - 1
BITS = np.array([EXON_END, CODON_START, UNKNOWN], dtype=np.uint8)
STEPS = np.array([1, 3, 1])
"""Of each kind: the bit it sets, and the distance between positions of a run."""

PER_BYTE = 4
UNPACKED: Codes = (np.arange(256)[:, None] >> np.arange(0, 8, 2) & BASE).astype(np.uint8)
"""(256, 4): the bases of every byte, the first in the lowest bits."""


@dataclass(frozen=True)
class Packed:
    """Packed codes of n transcripts.

    Attributes
    ----------
    bases
        (nt / 4,) uint8, all transcripts end to end; 0 where a base is unknown.
    runs
        (m, 2) uint32: kind and first position, and the number of positions.
    run_offsets
        (n + 1,) int64: those of transcript i are `run_offsets[i]:run_offsets[i + 1]`.
    """

    bases: Codes
    runs: Runs
    run_offsets: Ints

    @classmethod
    def of(cls, stores: Iterable[tuple[Codes, Ints]], offsets: Ints) -> Packed:
        """Pack stores, one at a time.

        Parameters
        ----------
        stores
            Codes and offsets of each store. No transcript is longer than 2^30 nt.
        offsets
            (n + 1,) int64, those of all stores end to end.
        """
        bases = np.zeros(-(-int(offsets[-1]) // PER_BYTE), dtype=np.uint8)
        run_offsets = np.zeros(len(offsets), dtype=np.int64)
        runs, row = [np.empty((0, 2), dtype=np.uint32)], 0
        for codes, own in stores:
            _pack(codes, bases, offsets[row])
            counts = run_offsets[row + 1 : row + len(own)]
            _scan(codes, own, BITS, STEPS, counts, runs[0])
            runs.append(np.empty((counts.sum(), 2), dtype=np.uint32))
            _scan(codes, own, BITS, STEPS, counts, runs[-1])
            row += len(own) - 1
        np.cumsum(run_offsets, out=run_offsets)
        return cls(bases, np.concatenate(runs), run_offsets)

    @property
    def nbytes(self) -> int:
        """The bytes in memory."""
        return self.bases.nbytes + self.runs.nbytes + self.run_offsets.nbytes

    def gather(self, rows: Ints, offsets: Ints, places: Ints, target: Codes) -> None:
        """Unpack transcripts `rows` (r,) to `places` (r,) of `target`; `offsets` are of all."""
        _unpack_bases(self.bases, rows, offsets, places, UNPACKED, target)
        _set_marks(self.runs, self.run_offsets, rows, places, BITS, STEPS, target)


@compiled
def _pack(codes: Codes, bases: Codes, start: int) -> None:
    """Add the base bits of codes to `bases`, of which they are nucleotides from `start` on."""
    for i in range(len(codes)):
        place = start + i
        bases[place >> 2] |= np.uint8((codes[i] & BASE) << (2 * (place & 3)))


@compiled
def _scan(codes: Codes, offsets: Ints, bits: Codes, steps: Ints, counts: Ints, runs: Runs) -> None:
    """Count the runs of every transcript; write them too if `runs` has room."""
    found = 0
    for row in range(len(offsets) - 1):
        before = found
        for kind in range(len(bits)):
            last = -1
            for position in range(offsets[row + 1] - offsets[row]):
                if codes[offsets[row] + position] & bits[kind]:
                    starts = last < 0 or position != last + steps[kind]
                    last = position
                    found += starts
                    if len(runs) and starts:
                        runs[found - 1, 0] = kind << KIND_SHIFT | position
                        runs[found - 1, 1] = 0
                    if len(runs):
                        runs[found - 1, 1] += 1
        counts[row] = found - before


@compiled
def _unpack_bases(
    bases: Codes, rows: Ints, offsets: Ints, places: Ints, unpacked: Codes, target: Codes
) -> None:
    for i in range(len(rows)):
        start, end = offsets[rows[i]], offsets[rows[i] + 1]
        shift = places[i] - start
        whole = min(-(-start // 4) * 4, end)  # up to the first whole byte, then by bytes
        for nucleotide in range(start, whole):
            target[shift + nucleotide] = unpacked[bases[nucleotide >> 2], nucleotide & 3]
        rest = whole + (end - whole) // 4 * 4
        for nucleotide in range(whole, rest, 4):
            quad = unpacked[bases[nucleotide >> 2]]
            for k in range(4):
                target[shift + nucleotide + k] = quad[k]
        for nucleotide in range(rest, end):
            target[shift + nucleotide] = unpacked[bases[nucleotide >> 2], nucleotide & 3]


@compiled
def _set_marks(
    runs: Runs, run_offsets: Ints, rows: Ints, places: Ints, bits: Codes, steps: Ints, target: Codes
) -> None:
    for i in range(len(rows)):
        for run in range(run_offsets[rows[i]], run_offsets[rows[i] + 1]):
            kind = runs[run, 0] >> KIND_SHIFT
            place = places[i] + np.int64(runs[run, 0] & POSITION)
            for k in range(np.int64(runs[run, 1])):
                target[place + k * steps[kind]] |= bits[kind]

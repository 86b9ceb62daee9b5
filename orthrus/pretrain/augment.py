"""Augmentations of code bytes: UTR combination, loss of UTRs, track masks, sequence masks.

The order is the published one. What is hidden or lost depends on the key of a view alone, and not
on the batch it is in, or on who made it. The kernels that make batches run on one thread and
without the interpreter's lock, so that they can work beside a training step.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from orthrus.transcripts.codes import BASE, CODON_START, EXON_END, UNKNOWN, Codes

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

PIECES = 3
"""Stretches of the corpus that one view is put together from: 5' UTR, CDS, 3' UTR."""

HIDDEN = 1 << 5
"""Marks, in batches only, a nucleotide that masked language modelling predicts."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)

CODON_SHIFT, SPLICE_SHIFT, BASE_SHIFT = np.uint64(0), np.uint64(21), np.uint64(42)
DRAW_BITS = np.uint64(21)
DRAW_MASK = np.uint64((1 << 21) - 1)
HIDE = np.uint64(0xD6E8FEB86659FD93)
UNIT = 2.0**-53


@numba.njit(inline="always")
def _mixed(state: np.uint64) -> np.uint64:
    """Scramble 64 bits: the output function of SplitMix64."""
    state = (state ^ (state >> np.uint64(30))) * MIX_1
    state = (state ^ (state >> np.uint64(27))) * MIX_2
    return state ^ (state >> np.uint64(31))


@numba.njit(cache=True, parallel=True)
def cds_spans(codes: Codes, offsets: Ints) -> tuple[Ints, Ints]:
    """Find the CDS of every transcript from its codon marks.

    Parameters
    ----------
    codes
        (nt,) code bytes of all transcripts, end to end.
    offsets
        (n + 1,) where each starts.

    Returns
    -------
    tuple
        (n,) start of the first codon and end of the last (cut at the transcript's end), as
        positions in `codes`; both -1 without a codon.
    """
    n = len(offsets) - 1
    starts = np.full(n, -1, dtype=np.int64)
    ends = np.full(n, -1, dtype=np.int64)
    for row in numba.prange(n):
        begin, end = offsets[row], offsets[row + 1]
        first = begin
        while first < end and not codes[first] & CODON_START:
            first += 1
        if first < end:
            last = end - 1
            while not codes[last] & CODON_START:
                last -= 1
            starts[row] = first
            ends[row] = min(last + 3, end)
    return starts, ends


def parts(offsets: Ints, spans: tuple[Ints, Ints], rows: Ints) -> Ints:
    """Return the 5' UTR, CDS and 3' UTR (P, 3, 2) of transcripts.

    They are half-open stretches of the corpus that follow each other. Of a transcript without CDS
    the middle one is the whole.
    """
    begin, end = offsets[rows], offsets[rows + 1]
    first, last = (span[rows] for span in spans)
    first, last = np.where(first < 0, begin, first), np.where(last < 0, end, last)
    return np.stack([begin, first, first, last, last, end], axis=1).reshape(-1, PIECES, 2)


def combine_utr(base: Ints, partner: Ints, chosen: Flags, limits: Ints) -> Ints:
    """Put the UTRs of the base around the CDS of its partner (P2, Methods: projections lack UTRs).

    Parameters
    ----------
    base, partner
        (P, 3, 2) their `parts`.
    chosen
        (P,) which pairs to combine; both sides must have a CDS.
    limits
        (P,) nt: a pair whose result would be longer stays as it is.

    Returns
    -------
    (P, 3, 2) int64
        The partner's views.
    """
    combined = np.stack([base[:, 0], partner[:, 1], base[:, 2]], axis=1)
    chosen = chosen & (lengths(combined) <= limits)
    return np.where(chosen[:, None, None], combined, partner)


def drop_utrs(pieces: Ints, first: Flags, last: Flags) -> Ints:
    """Return `pieces` (P, 3, 2) without the 5' UTR where `first`, the 3' UTR where `last`, (P,)."""
    kept = pieces.copy()
    kept[first, 0, 1] = kept[first, 0, 0]
    kept[last, 2, 1] = kept[last, 2, 0]
    return kept


def lengths(pieces: Ints) -> Ints:
    """Return the length (P,) of views made of `pieces`, nt."""
    total: Ints = (pieces[:, :, 1] - pieces[:, :, 0]).sum(axis=1)
    return total


@numba.njit(cache=True, nogil=True)
def gather(codes: Codes, pieces: Ints, width: int) -> Codes:
    """Copy views out of the corpus into a matrix (P, width) uint8, padded on the right with 4."""
    views = np.full((len(pieces), width), UNKNOWN, dtype=np.uint8)
    for i in range(len(pieces)):
        filled = 0
        for k in range(PIECES):
            begin, end = pieces[i, k]
            views[i, filled : filled + end - begin] = codes[begin:end]
            filled += end - begin
    return views


@numba.njit(inline="always")
def _picked(bits: np.uint64, shift: np.uint64, wanted: int, left: int) -> bool:
    """Decide whether this of `left` positions is one of the `wanted` ones still to be chosen."""
    draw = (bits >> shift) & DRAW_MASK
    return bool((draw * np.uint64(left)) >> DRAW_BITS < np.uint64(wanted))


@numba.njit(cache=True, nogil=True)
def mask(views: Codes, view_lengths: Ints, keys: Keys, sequence: float, tracks: float) -> None:
    """Hide random positions of padded views, in place.

    Of a view of length L, exactly int(`tracks` x L) positions lose their codon mark, as many
    others their exon mark, and exactly int(`sequence` x L) positions their nucleotide, which
    becomes unknown. The three choices are independent and each is uniform without replacement
    (Knuth's algorithm S).

    Parameters
    ----------
    views
        (P, width) code bytes.
    view_lengths
        (P,) real nucleotides of each.
    keys
        (P,) random words, one per view.
    sequence, tracks
        Shares of the positions, 0 to 1.
    """
    for i in range(len(views)):
        length = view_lengths[i]
        bases = int(sequence * length)
        codons = int(tracks * length)
        splices = codons
        state = keys[i]
        for position in range(length):
            state += GOLDEN
            bits = _mixed(state)
            left = length - position
            code = views[i, position]
            if _picked(bits, CODON_SHIFT, codons, left):
                codons -= 1
                code &= np.uint8(0xFF ^ CODON_START)
            if _picked(bits, SPLICE_SHIFT, splices, left):
                splices -= 1
                code &= np.uint8(0xFF ^ EXON_END)
            if _picked(bits, BASE_SHIFT, bases, left):
                bases -= 1
                code = (code & np.uint8(0xFF ^ BASE)) | np.uint8(UNKNOWN)
            views[i, position] = code


@numba.njit(cache=True, nogil=True)
def hide(views: Codes, view_lengths: Ints, keys: Keys, share: float) -> None:
    """Mark each known nucleotide of padded views as `HIDDEN` with probability `share`, in place.

    Parameters
    ----------
    views
        (P, width) code bytes.
    view_lengths
        (P,) real nucleotides of each.
    keys
        (P,) random words, one per view; the masks of the same keys are independent of the marks.
    share
        0 to 1.
    """
    for i in range(len(views)):
        state = keys[i] ^ HIDE
        for position in range(view_lengths[i]):
            state += GOLDEN
            drawn = np.float64(_mixed(state) >> np.uint64(11)) * UNIT
            if drawn < share and not views[i, position] & UNKNOWN:
                views[i, position] |= HIDDEN

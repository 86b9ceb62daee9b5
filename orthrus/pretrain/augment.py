"""Augmentations of code bytes: UTR combination, then track masks, then sequence masks.

The order is the published one. What a mask hides depends on the key of its view alone, and not on
the batch it is in, or on who made it.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from orthrus.transcripts.codes import BASE, CODON_START, EXON_END, UNKNOWN, Codes

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

PIECES = 3
"""Most stretches of the corpus that one view is put together from."""

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)

CODON_SHIFT, SPLICE_SHIFT, BASE_SHIFT = np.uint64(0), np.uint64(21), np.uint64(42)
DRAW_BITS = np.uint64(21)
DRAW_MASK = np.uint64((1 << 21) - 1)


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


def whole(offsets: Ints, rows: Ints) -> Ints:
    """Return the pieces (P, 3, 2) of views that are whole transcripts."""
    pieces = np.zeros((len(rows), PIECES, 2), dtype=np.int64)
    pieces[:, 0, 0], pieces[:, 0, 1] = offsets[rows], offsets[rows + 1]
    return pieces


def combine_utr(
    pieces: Ints,
    offsets: Ints,
    spans: tuple[Ints, Ints],
    base: Ints,
    partner: Ints,
    chosen: npt.NDArray[np.bool_],
    max_length: int,
) -> Ints:
    """Put the UTRs of the base around the CDS of its partner (P2, Methods: projections lack UTRs).

    Parameters
    ----------
    pieces
        (P, 3, 2) the partner's views as they are.
    offsets, spans
        Where transcripts and their CDSs are in the corpus; see `cds_spans`.
    base, partner
        (P,) rows of the pairs.
    chosen
        (P,) which pairs to combine. A pair stays as it is when either side has no CDS, or when
        the result would be longer than `max_length`.
    max_length
        In nt.

    Returns
    -------
    (P, 3, 2) int64
        Half-open stretches of the corpus that follow each other in each view.
    """
    starts, ends = spans
    combined = np.empty_like(pieces)
    combined[:, 0, 0], combined[:, 0, 1] = offsets[base], starts[base]
    combined[:, 1, 0], combined[:, 1, 1] = starts[partner], ends[partner]
    combined[:, 2, 0], combined[:, 2, 1] = ends[base], offsets[base + 1]
    chosen = chosen & (starts[base] >= 0) & (starts[partner] >= 0)
    chosen &= lengths(combined) <= max_length
    return np.where(chosen[:, None, None], combined, pieces)


def lengths(pieces: Ints) -> Ints:
    """Return the length (P,) of views made of `pieces`, nt."""
    total: Ints = (pieces[:, :, 1] - pieces[:, :, 0]).sum(axis=1)
    return total


@numba.njit(cache=True, parallel=True)
def gather(codes: Codes, pieces: Ints, width: int) -> Codes:
    """Copy views out of the corpus into a matrix (P, width) uint8, padded on the right with 4."""
    views = np.full((len(pieces), width), UNKNOWN, dtype=np.uint8)
    for i in numba.prange(len(pieces)):
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


@numba.njit(cache=True, parallel=True)
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
    for i in numba.prange(len(views)):
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

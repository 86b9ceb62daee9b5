"""Augmentations of code bytes: UTR combination, loss of UTRs, track masks, sequence masks.

The order is the published one. What is hidden or lost depends on the key of a view alone, and not
on the batch it is in, or on who made it. The kernels that make batches run on one thread and
without the interpreter's lock, so that they can work beside a training step.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from orthrus.array_types import Flags, Ints, Words
from orthrus.compiled import compiled, mix
from orthrus.random_streams import GOLDEN
from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN, Codes

PIECES = 3
"""Stretches of the corpus that one view is put together from: 5' UTR, CDS, 3' UTR."""

HIDDEN = 1 << 5
"""Marks, in batches only, a nucleotide that masked language modelling predicts."""

U32, U64 = np.uint32, np.uint64
DRAWS = 1 << 8
LANES = 64
"""Random generators side by side."""
BLOCK = 128
"""Positions that are counted, or searched for exon ends, at once."""
HIDE = np.uint64(0xD6E8FEB86659FD93)
UNIT = 2.0**-53


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
    """Put the UTRs of the base around the CDS of its partner (paper, Methods).

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
    sizes: Ints = pieces[:, :, 1] - pieces[:, :, 0]
    return sizes[:, 0] + sizes[:, 1] + sizes[:, 2]  # `sum` takes four times as long


@compiled
def gather(
    codes: Codes, pieces: Ints, width: int, keys: Words, sequence: float, tracks: float
) -> Codes:
    """Copy views out of the corpus into a matrix and hide random positions of them.

    Of a view of length L, exactly int(`tracks` x L) positions lose their codon mark, as many
    others their exon mark, and exactly int(`sequence` x L) positions their nucleotide, which
    becomes unknown. The three choices are independent and each is uniform without replacement.

    Parameters
    ----------
    codes
        (nt,) code bytes of the corpus.
    pieces
        (P, 3, 2) what the views are made of.
    width
        Of the longest view at least.
    keys
        (P,) random words, one per view.
    sequence, tracks
        Shares of the positions, 0 to 1.

    Returns
    -------
    (P, width) uint8
        Code bytes, padded on the right with 4.
    """
    views = np.empty((len(pieces), width), dtype=np.uint8)
    # Two bytes per position, in whole rounds of the generators.
    words = np.empty((width // (2 * LANES) + 2) * LANES, dtype=np.uint32)
    chosen = np.empty(width, dtype=np.uint8)
    for i in range(len(pieces)):
        length = _copy(codes, pieces[i], views[i])
        if sequence > 0 or tracks > 0:
            _mask(views[i], length, keys[i], sequence, tracks, words, chosen)
    return views


@compiled
def _copy(codes: Codes, pieces: Ints, view: Codes) -> int:
    """Write the pieces (3, 2) of a view, and padding behind them; return its length."""
    filled = U64(0)
    for k in range(PIECES):
        begin, end = U64(pieces[k, 0]), U64(pieces[k, 1])
        for position in range(end - begin):
            view[filled + position] = codes[begin + position]
        filled += end - begin
    view[filled:] = UNKNOWN
    return int(np.int64(filled))


@compiled
def _mask(
    view: Codes,
    length: int,
    key: np.uint64,
    sequence: float,
    tracks: float,
    words: npt.NDArray[np.uint32],
    chosen: Codes,
) -> None:
    """Hide random positions of a view; `words` and `chosen` are room to work in."""
    marks, bases = int(tracks * length), int(sequence * length)
    _draw(words, (length + 1) // 2, key)
    limits = np.uint8(tracks * DRAWS), np.uint8(sequence * DRAWS)
    found = _choose(words.view(np.uint8), chosen, length, limits[0], limits[1])
    _settle(chosen, length, np.uint8(CODON_START), marks - found[0], key)
    _settle(chosen, length, np.uint8(UNKNOWN), bases - found[1], key)
    _clear(view, chosen, length)
    _thin_exon_ends(view, length, marks, key)


# The loops over positions count in unsigned integers and have no branches, so that they are
# compiled to vector instructions.


@compiled
def _draw(words: npt.NDArray[np.uint32], count: int, key: np.uint64) -> None:
    """Draw `count` or more random words from 64 xorshift generators (Marsaglia 2003) in turn.

    Their seeds are hashes of their number and both halves of the key.
    """
    low, high = U32(key), U32(key >> U64(32))
    for lane in range(U64(LANES)):
        state = U32(U32(lane) * U32(0x9E3779B9) + low)
        state = U32(U32(U32(state ^ (state >> U32(16))) * U32(0x7FEB352D)) ^ high)
        state = U32(U32(state ^ (state >> U32(15))) * U32(0x846CA68B))
        words[lane] = U32(state ^ (state >> U32(16)))
    for begin in range(U64(LANES), U64(count), U64(LANES)):
        for lane in range(U64(LANES)):
            state = words[begin - U64(LANES) + lane]
            state = U32(state ^ U32(state << U32(13)))
            state = U32(state ^ (state >> U32(17)))
            words[begin + lane] = U32(state ^ U32(state << U32(5)))


@compiled
def _choose(
    draws: Codes, chosen: Codes, length: int, tracks: np.uint8, sequence: np.uint8
) -> tuple[np.int64, np.int64]:
    """Choose each position by itself, with nearly the wanted probability, and count the chosen.

    What a position loses is flagged in `chosen`: its codon mark, its nucleotide, each by a byte of
    `draws` being below a limit. Given how many are chosen, which ones is uniform.
    """
    size = U64(length)
    codons = bases = np.int64(0)
    for begin in range(U64(0), size, U64(BLOCK)):
        # A block's counts fit a byte.
        some_codons = some_bases = np.uint8(0)
        for position in range(begin, min(begin + U64(BLOCK), size)):
            codon = np.uint8(draws[position] < tracks)
            base = np.uint8(draws[size + position] < sequence)
            some_codons, some_bases = np.uint8(some_codons + codon), np.uint8(some_bases + base)
            chosen[position] = np.uint8(np.uint8(CODON_START) * codon | np.uint8(UNKNOWN) * base)
        codons += np.int64(some_codons)
        bases += np.int64(some_bases)
    return codons, bases


@compiled
def _settle(chosen: Codes, length: int, flag: np.uint8, missing: np.int64, key: np.uint64) -> None:
    """Set `flag` at `missing` more random positions; if negative, clear it at as many."""
    adding = missing > 0
    step = 1 if adding else -1
    state = key ^ U64(flag)
    while missing != 0:
        state += GOLDEN
        position = ((mix(state) >> U64(32)) * U64(length)) >> U64(32)
        # Without a branch, which would often be predicted wrongly.
        turned = np.uint8((chosen[position] & flag == 0) == adding)
        chosen[position] ^= np.uint8(flag * turned)
        missing -= step * np.int64(turned)


@compiled
def _clear(view: Codes, chosen: Codes, length: int) -> None:
    """Take from each position what is flagged; a nucleotide becomes unknown."""
    for position in range(U64(length)):
        lost = chosen[position]
        unknown = np.uint8(lost & np.uint8(UNKNOWN))
        # 3 where the nucleotide is lost: the bits of its base.
        base = np.uint8(np.uint8(unknown >> np.uint8(1)) | np.uint8(unknown >> np.uint8(2)))
        kept = view[position] & ~np.uint8((lost & np.uint8(CODON_START)) | base)
        view[position] = np.uint8(kept | unknown)


@compiled
def _thin_exon_ends(view: Codes, length: int, wanted: int, key: np.uint64) -> None:
    """Clear exon marks as if `wanted` of all positions were chosen at random.

    Few positions have one; only those are drawn, one after another, each with the chance that it
    has among the positions not yet drawn.
    """
    state, left = key ^ U64(EXON_END), length
    size = U64(length)
    for begin in range(U64(0), size, U64(BLOCK)):
        end = min(begin + U64(BLOCK), size)
        first, last = _marked(view, begin, end)
        for position in range(first, last):
            if view[position] & EXON_END:
                state += GOLDEN
                drawn = ((mix(state) >> U64(32)) * U64(left)) >> U64(32)
                left -= 1
                if np.int64(drawn) < wanted:
                    view[position] &= np.uint8(~EXON_END & 0xFF)
                    wanted -= 1


@compiled
def _marked(view: Codes, begin: Any, end: Any) -> tuple[Any, Any]:
    """Narrow a block down to its exon end where it has one, and to nothing where it has none."""
    count = place = np.uint8(0)
    for position in range(begin, end):
        count = np.uint8(count + ((view[position] >> np.uint8(4)) & np.uint8(1)))
    if count != 1:
        return begin, end if count else begin
    for position in range(begin, end):
        mark = np.uint8((view[position] >> np.uint8(4)) & np.uint8(1))
        place = np.uint8(place + mark * np.uint8(position - begin))
    return begin + U64(place), begin + U64(place) + U64(1)


@compiled
def hide(views: Codes, view_lengths: Ints, keys: Words, share: float) -> None:
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
            drawn = np.float64(mix(state) >> np.uint64(11)) * UNIT
            if drawn < share and not views[i, position] & UNKNOWN:
                views[i, position] |= HIDDEN

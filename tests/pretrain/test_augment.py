from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count, repeat

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pretrain_helpers import made_codes

from orthrus.pretrain import augment
from orthrus.random_streams import random_bits
from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN

M64 = (1 << 64) - 1


def mixed(state: int) -> int:
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & M64
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & M64
    return state ^ (state >> 31)


def drawn(size: int, key: int) -> list[int]:
    """`size` bytes or more of 64 xorshift generators in turn, with plain Python integers."""
    random_bits = []
    for lane in range(64):
        state = (lane * 0x9E3779B9 + key) % 2**32
        state = ((state ^ (state >> 16)) * 0x7FEB352D % 2**32) ^ (key >> 32)
        state = (state ^ (state >> 15)) * 0x846CA68B % 2**32
        random_bits.append(state ^ (state >> 16))
    while 4 * len(random_bits) < size:
        state = random_bits[-64]
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        random_bits.append(state ^ (state << 5 & 0xFFFFFFFF))
    return [word >> 8 * byte & 255 for word in random_bits for byte in range(4)]


def places(key: int, flag: int, limits: Iterable[int]) -> Iterator[int]:
    """A random number below each limit."""
    state = key ^ flag
    for limit in limits:
        state = (state + 0x9E3779B97F4A7C15) & M64
        yield (mixed(state) >> 32) * limit >> 32


def masked_oracle(view: list[int], key: int, sequence: float, tracks: float) -> list[int]:
    """Choose positions one by one, then one more or one less at a time; draw exon ends in turn."""
    masked, length = list(view), len(view)
    if not sequence and not tracks:
        return masked
    draws = drawn(2 * length, key)
    for first, flag, share in ((0, 8, tracks), (length, 4, sequence)):
        hidden = {p for p in range(length) if draws[first + p] < int(share * 256)}
        wanted = int(share * length)
        more = places(key, flag, repeat(length))
        adding = len(hidden) < wanted
        while len(hidden) != wanted:
            hidden = hidden | {next(more)} if adding else hidden - {next(more)}
        for position in hidden:
            masked[position] = masked[position] & ~3 | 4 if flag == 4 else masked[position] & ~8
    ends, wanted = [p for p in range(length) if view[p] & 16], int(tracks * length)
    for position, place in zip(ends, places(key, 16, count(length, -1)), strict=False):
        if place < wanted:
            masked[position] &= ~16
            wanted -= 1
    return masked


def combined_oracle(base: list[int], pair: list[int], max_length: int) -> list[int]:
    """Sources of the published transform: base[:first] + pair[first:last + 3] + base[last + 3:]."""

    def codons(view: list[int]) -> list[int]:
        return [i for i, code in enumerate(view) if code & CODON_START]

    if not codons(base) or not codons(pair):
        return pair
    inside = pair[codons(pair)[0] : codons(pair)[-1] + 3]
    result = base[: codons(base)[0]] + inside + base[codons(base)[-1] + 3 :]
    return result if len(result) <= max_length else pair


def gathered(codes, pieces, extra=0, key=0, sequence=0.0, tracks=0.0) -> np.ndarray:
    width = int(augment.lengths(pieces).max()) + extra
    keys = random_bits(key, 3, np.arange(len(pieces)))
    return augment.gather(codes, pieces, width, keys, sequence, tracks)


def sequences(codes: np.ndarray, pieces: np.ndarray) -> list[list[int]]:
    lengths = augment.lengths(pieces)
    views = gathered(codes, pieces)
    assert all((view[n:] == UNKNOWN).all() for view, n in zip(views, lengths, strict=True))
    return [view[:n].tolist() for view, n in zip(views, lengths, strict=True)]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_utr_combination_equals_slicing(seed: int) -> None:
    codes, offsets = made_codes(12, seed=seed, longest=120)
    spans = augment.cds_spans(codes, offsets)
    rng = np.random.default_rng(seed)
    base, partner = rng.integers(0, 12, (2, 30))
    chosen = (rng.random(30) < 0.8) & (spans[0][base] >= 0) & (spans[0][partner] >= 0)
    limits = rng.integers(20, 200, 30)
    one, two = (augment.parts(offsets, spans, rows) for rows in (base, partner))
    views = sequences(codes, augment.combine_utr(one, two, chosen, limits))
    for view, b, p, take, limit in zip(views, base, partner, chosen, limits, strict=True):
        own, other = (codes[offsets[r] : offsets[r + 1]].tolist() for r in (b, p))
        assert view == (combined_oracle(own, other, limit) if take else other)


def test_lost_utrs() -> None:
    codes = np.array([0, 1, 8, 1, 2, 8, 1, 2, 3, 3, 2, 1], dtype=np.uint8)
    offsets = np.array([0, 9, 12])
    pieces = augment.parts(offsets, augment.cds_spans(codes, offsets), np.array([0, 0, 0, 1]))
    first, last = np.array([[True, False, True, True], [False, True, True, True]])
    views = sequences(codes, augment.drop_utrs(pieces, first, last))
    assert views[0] == [8, 1, 2, 8, 1, 2, 3]
    assert views[1] == [0, 1, 8, 1, 2, 8, 1, 2]
    assert views[2] == [8, 1, 2, 8, 1, 2]
    assert views[3] == [3, 2, 1], "a transcript without CDS stays whole"
    assert sequences(codes, pieces)[0] == codes[:9].tolist()


def test_hidden_nucleotides_are_known_and_drawn_with_their_chance() -> None:
    n, length = 2000, 50
    views = np.full((n, length + 2), 3 | EXON_END, dtype=np.uint8)
    views[:, 0] = UNKNOWN
    views[:, length:] = UNKNOWN
    before = views.copy()
    augment.hide(views, np.full(n, length), random_bits(4, np.arange(n)), 0.15)
    hidden = views & augment.HIDDEN > 0
    np.testing.assert_array_equal(views & ~np.uint8(augment.HIDDEN), before)
    assert not hidden[:, [0, length, length + 1]].any()
    # Five standard deviations of a share of 0.15 in 2,000 draws.
    np.testing.assert_allclose(
        hidden[:, 1:length].mean(axis=0), 0.15, atol=5 * np.sqrt(0.15 * 0.85 / n)
    )


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 2**32),
    st.floats(0, 0.99),
    st.floats(0, 0.99),
)
def test_masks_equal_loops(seed: int, sequence: float, tracks: float) -> None:
    # Long enough for several rounds of the generators and several blocks.
    codes, offsets = made_codes(6, seed=seed, longest=400)
    pieces = augment.parts(offsets, augment.cds_spans(codes, offsets), np.arange(6))
    original, views = gathered(codes, pieces, 2), gathered(codes, pieces, 2, seed, sequence, tracks)
    lengths, keys = augment.lengths(pieces), random_bits(seed, 3, np.arange(6))
    for before, after, n, key in zip(original, views, lengths, keys, strict=True):
        expected = masked_oracle(before[:n].tolist(), int(key), sequence, tracks)
        assert after[:n].tolist() == expected
        assert (after[n:] == UNKNOWN).all()


def test_masks_are_uniform_independent_and_exact() -> None:
    n, length = 4000, 20
    codes = np.full(n * length, 2 | CODON_START | EXON_END, dtype=np.uint8)
    offsets = length * np.arange(n + 1)
    pieces = augment.parts(offsets, augment.cds_spans(codes, offsets), np.arange(n))
    views = gathered(codes, pieces, 0, 1, 0.3, 0.3)
    hidden = [views & 4 > 0, views & CODON_START == 0, views & EXON_END == 0]
    for one in hidden:
        assert (one.sum(axis=1) == 6).all()
        # Five standard deviations of a share of 0.3 in 4,000 draws.
        np.testing.assert_allclose(one.mean(axis=0), 0.3, atol=5 * np.sqrt(0.21 / n))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (hidden[one] & hidden[other]).mean() == pytest.approx(0.09, abs=0.005)


def test_spans_of_transcripts_without_codons_and_with_a_cut_last_codon() -> None:
    codes = np.array([0, 1, 2, 0, 8, 1, 2, 8, 3], dtype=np.uint8)
    starts, ends = augment.cds_spans(codes, np.array([0, 3, 9]))
    assert starts.tolist() == [-1, 4]
    assert ends.tolist() == [-1, 9]

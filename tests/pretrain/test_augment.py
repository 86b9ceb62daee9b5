from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pretrain_helpers import made_codes

from orthrus.pretrain import augment
from orthrus.relations.hashing import words
from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN

M64 = (1 << 64) - 1


def mixed(state: int) -> int:
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & M64
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & M64
    return state ^ (state >> 31)


def masked_oracle(view: list[int], key: int, sequence: float, tracks: float) -> list[int]:
    """Choose positions one by one with plain Python integers."""
    masked = list(view)
    wanted = {
        0: int(tracks * len(view)),
        21: int(tracks * len(view)),
        42: int(sequence * len(view)),
    }
    for position in range(len(view)):
        key = (key + 0x9E3779B97F4A7C15) & M64
        bits = mixed(key)
        for shift in wanted:
            draw = (bits >> shift) % (1 << 21)
            if draw * (len(view) - position) // (1 << 21) < wanted[shift]:
                wanted[shift] -= 1
                if shift == 42:
                    masked[position] = (masked[position] - masked[position] % 4) | 4
                else:
                    masked[position] &= ~(8 if shift == 0 else 16)
    assert not any(wanted.values())
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


def combined(codes, offsets, base, partner, chosen, max_length) -> list[list[int]]:
    spans = augment.cds_spans(codes, offsets)
    pieces = augment.combine_utr(
        augment.whole(offsets, partner), offsets, spans, base, partner, chosen, max_length
    )
    lengths = augment.lengths(pieces)
    views = augment.gather(codes, pieces, int(lengths.max()))
    assert all((view[n:] == UNKNOWN).all() for view, n in zip(views, lengths, strict=True))
    return [view[:n].tolist() for view, n in zip(views, lengths, strict=True)]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(20, 200))
def test_utr_combination_equals_slicing(seed: int, max_length: int) -> None:
    codes, offsets = made_codes(12, seed=seed, longest=120)
    rng = np.random.default_rng(seed)
    base, partner = rng.integers(0, 12, (2, 30))
    chosen = rng.random(30) < 0.8
    views = combined(codes, offsets, base, partner, chosen, max_length)
    for view, b, p, take in zip(views, base, partner, chosen, strict=True):
        one, two = (codes[offsets[r] : offsets[r + 1]].tolist() for r in (b, p))
        assert view == (combined_oracle(one, two, max_length) if take else two)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 2**32),
    st.floats(0, 0.99),
    st.floats(0, 0.99),
)
def test_masks_equal_loops(seed: int, sequence: float, tracks: float) -> None:
    codes, offsets = made_codes(6, seed=seed, longest=90)
    pieces = augment.whole(offsets, np.arange(6))
    lengths = augment.lengths(pieces)
    views = augment.gather(codes, pieces, int(lengths.max()) + 2)
    original = views.copy()
    keys = words(seed, 3, np.arange(6))
    augment.mask(views, lengths, keys, sequence, tracks)
    for before, after, n, key in zip(original, views, lengths, keys, strict=True):
        expected = masked_oracle(before[:n].tolist(), int(key), sequence, tracks)
        assert after[:n].tolist() == expected
        assert (after[n:] == UNKNOWN).all()


def test_masks_are_uniform_independent_and_exact() -> None:
    n, length = 4000, 20
    views = np.full((n, length), 2 | CODON_START | EXON_END, dtype=np.uint8)
    keys = words(1, np.arange(n))
    augment.mask(views, np.full(n, length), keys, 0.3, 0.3)
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

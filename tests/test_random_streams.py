"""Counter-based random numbers."""

from __future__ import annotations

import numpy as np

from orthrus.random_streams import below, random_bits, uniform


def splitmix64(state: int) -> int:
    """The reference algorithm's output function, in Python integers."""
    mask = 2**64 - 1
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
    return state ^ (state >> 31)


def test_published_stream_of_splitmix64() -> None:
    # The first output for seed 0, and for seed 1234567.
    assert int(random_bits(0)[0]) == 0xE220A8397B1DCDAF
    assert int(random_bits(1234567)[0]) == 6457827717110365317


def test_counters_chain() -> None:
    gold, mask = 0x9E3779B97F4A7C15, 2**64 - 1
    for row in (0, 5, 2**40):
        state = splitmix64((7 + gold) & mask)
        assert int(random_bits(7, np.array([row]))[0]) == splitmix64(((state ^ row) + gold) & mask)


def test_rows_are_independent_of_their_batch() -> None:
    rows = np.arange(1000)
    together = random_bits(1, 2, rows)
    assert np.array_equal(together[::-1], random_bits(1, 2, rows[::-1]))
    assert len(np.unique(together)) == 1000


def test_uniform_and_below() -> None:
    bits = random_bits(3, np.arange(100_000))
    numbers = uniform(bits)
    assert 0 <= numbers.min() < numbers.max() < 1
    assert abs(numbers.mean() - 0.5) < 0.005
    drawn = np.bincount(below(bits, np.full(len(bits), 7)), minlength=7)
    assert drawn.sum() == 100_000
    assert ((drawn - 100_000 / 7) ** 2 / (100_000 / 7)).sum() < 25
    assert below(bits[:1], np.zeros(1, dtype=np.int64)) == 0

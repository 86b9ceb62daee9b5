"""Random numbers that depend on what they are for and not on who asks, or in which order.

`random_bits` is the SplitMix64 hash of a seed and counters (epoch, row, number of the draw), so any
split of the rows over workers draws the same. `stream` is a generator of NumPy for each purpose, so
that one step never disturbs another.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from orthrus.array_types import Words

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def random_bits(*counters: int | npt.NDArray[Any]) -> Words:
    """Return 64 random bits for every combination of counters, which broadcast to (n,)."""
    state: Words = np.zeros(1, dtype=np.uint64)
    for counter in counters:
        state = _mix((state ^ _unsigned(counter)) + GOLDEN)
    return state


def uniform(bits: Words) -> npt.NDArray[np.float64]:
    """Map words to multiples of 2⁻⁵³ in [0, 1)."""
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def below(bits: Words, limit: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Map words to integers in [0, limit), or 0 where `limit` is 0.

    No value is more likely than another by more than limit / 2⁶⁴ of its probability.
    """
    return (bits % np.maximum(limit, 1).astype(np.uint64)).astype(np.int64)


def _unsigned(counter: int | npt.NDArray[Any]) -> Words:
    if isinstance(counter, int):
        return np.array([counter % 2**64], dtype=np.uint64)
    return counter.astype(np.uint64)


def _mix(state: Words) -> Words:
    """The finaliser of SplitMix64."""
    state = (state ^ (state >> np.uint64(30))) * FIRST
    state = (state ^ (state >> np.uint64(27))) * SECOND
    return state ^ (state >> np.uint64(31))


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Return the generator that belongs to `purpose` (say, `"edge", "simMus1"`) under `seed`."""
    return np.random.default_rng([seed, *(zlib.crc32(word.encode()) for word in purpose)])

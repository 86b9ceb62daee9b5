"""Functions that numba compiles, and pieces that become part of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

from orthrus.random_streams import FIRST, GOLDEN, SECOND

piece: Any = numba.njit(inline="always")
"""Makes a function a part of each compiled one that calls it."""
_SOURCE = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call; later processes load the result where possible.

    Numba renews what is stored when the function's own file changes; the digest in the name does
    when this file does, whose pieces are part of functions elsewhere.
    """
    function.__qualname__ += f".{_SOURCE}"
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the package nor the home folder can hold a cache
        return numba.njit(nogil=True)(function)


@piece
def mix(state: np.uint64) -> np.uint64:
    """Scramble 64 bits: the output function of SplitMix64."""
    state = (state ^ (state >> np.uint64(30))) * FIRST
    state = (state ^ (state >> np.uint64(27))) * SECOND
    return state ^ (state >> np.uint64(31))


@piece
def chain(state: np.uint64, counter: np.uint64) -> np.uint64:
    """Add a counter to a word, as `orthrus.random_streams.random_bits` does."""
    return mix((state ^ counter) + GOLDEN)

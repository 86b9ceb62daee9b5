"""Independent random streams, one per purpose, so that one step never disturbs another."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Return the generator that belongs to `purpose` (say, `"edge", "simMus1"`) under `seed`."""
    return np.random.default_rng([seed, *(zlib.crc32(word.encode()) for word in purpose)])

"""Many ranges at once."""

from __future__ import annotations

import numpy as np


def ranges(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of all ranges end to end, and for each the range it comes from.

    `ranges([3, 7], [5, 8])` is `[3, 4, 7], [0, 0, 1]`.
    """
    counts = ends - starts
    source = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(starts - np.cumsum(counts) + counts, counts)
    return np.arange(len(source)) + first, source

"""Sparse rows: which transcripts lie in which cell, without sorting."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from orthrus.relations.kernels import count_cells, fill_cells

Ints = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]

Pieces = Callable[[], Iterable[tuple[int, Int32s]]]
"""Returns runs of rows: the first row of each, and the cell of every row, -1 for none."""


def cell_starts(pieces: Pieces, cells: int) -> Ints:
    """Return where each of `cells` cells starts when rows are listed by cell, (cells + 1,)."""
    counts = np.zeros(cells + 1, dtype=np.int64)
    for _, piece in pieces():
        count_cells(piece, counts)
    return np.cumsum(counts)


def cell_rows(pieces: Pieces, starts: Ints) -> Int32s:
    """Return the rows by cell, and in a cell in the order of the pieces, (starts[-1],) int32."""
    rows = np.empty(starts[-1], dtype=np.int32)
    next_place = starts[:-1].copy()
    for first, piece in pieces():
        fill_cells(first, piece, next_place, rows)
    return rows

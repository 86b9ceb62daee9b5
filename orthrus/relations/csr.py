"""Sparse rows: which transcripts lie in which cell, by counting and without sorting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from orthrus.array_types import Int32s, Ints
from orthrus.relations import threads
from orthrus.relations.kernels import count_cells, fill_cells

Run = tuple[int, int]
"""Rows from the first to before the second."""


class CSRBuilder:
    """Rows listed by cell, and in a cell in their order.

    Every thread counts and places the rows of some runs, so the result is the same for any number
    of threads.

    Parameters
    ----------
    cells
        The number of cells.
    runs
        Ascending runs of rows.
    cell_of
        Returns the cell of every row of a run, (n,) int32, -1 for none.
    """

    def __init__(self, cells: int, runs: Sequence[Run], cell_of: Callable[[Run], Int32s]) -> None:
        self._cells, self._cell_of = cells, cell_of
        bounds = np.linspace(0, len(runs), threads.THREADS + 1).astype(int).tolist()
        self._parts = [runs[a:b] for a, b in pairwise(bounds)]

    @cached_property
    def _counts(self) -> Int32s:
        """(parts, cells): how many rows of every part lie in every cell."""
        return np.stack([counts for _, counts in threads.prefetch(self._count, self._parts)])

    @cached_property
    def starts(self) -> Ints:
        """(cells + 1,) int64: where every cell starts."""
        return np.append(0, np.cumsum(self._counts.sum(axis=0, dtype=np.int64)))

    def write(self, rows: Int32s) -> None:
        """Write all rows by cell to `rows`, (starts[-1],)."""
        before = np.cumsum(self._counts, axis=0, dtype=np.int32) - self._counts
        places = before + self.starts[:-1].astype(np.int32)

        def fill(part: int) -> None:
            for run in self._parts[part]:
                fill_cells(run[0], self._cell_of(run), places[part], rows)

        for _ in threads.prefetch(fill, range(len(self._parts))):
            pass

    def _count(self, part: Sequence[Run]) -> Int32s:
        counts = np.zeros(self._cells, dtype=np.int32)
        for run in part:
            count_cells(self._cell_of(run), counts)
        return counts

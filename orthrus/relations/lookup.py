"""From text to integers, for more texts than fit into memory at once.

Polars keeps the distinct values of a categorical dtype in a table that grows with what is cast to
it and compares whole texts: no two share a number. Every number here lives as long as its table.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

Int32s = npt.NDArray[np.int32]

MISSING = -1

Otherwise = Callable[[pl.Series], Int32s]


class Numbers:
    """Numbers texts from 0 on, each when it is first seen."""

    def __init__(self) -> None:
        # Polars forgets the numbers when no column holds any.
        self._column = pl.Series([], dtype=pl.Categorical(pl.Categories.random()))
        self.count = 0

    def of(self, texts: pl.Series) -> Int32s:
        """Return the number of every text, (n,), `MISSING` for null."""
        codes = texts.cast(self._column.dtype).to_physical().cast(pl.Int32)
        numbers: Int32s = codes.fill_null(MISSING).to_numpy()
        self.count = max(self.count, int(numbers.max(initial=MISSING)) + 1)
        return numbers


class Lookup:
    """Finds the value that belongs to a text.

    Parameters
    ----------
    names, values
        (n,) texts and values ≥ 0; of several equal texts the first counts, nulls do not.
    otherwise
        Returns the values of texts (distinct, no nulls) that are not among `names`, `MISSING` for
        none. It is asked once for every text.
    """

    def __init__(self, names: pl.Series, values: Int32s, otherwise: Otherwise) -> None:
        self._numbers = Numbers()
        self._otherwise = otherwise
        self._values = np.empty(0, dtype=np.int32)
        self._set(names.reverse(), values[::-1])

    def find(self, names: pl.Series) -> Int32s:
        """Return the value of every text, (n,), `MISSING` for null and for unknown texts."""
        known = self._numbers.count
        numbers = self._numbers.of(names)
        fresh = numbers >= known
        if fresh.any():
            new = names.filter(pl.Series(fresh)).unique(maintain_order=True)
            self._set(new, self._otherwise(new))
        return np.where(numbers < 0, MISSING, self._values[numbers])

    def _set(self, names: pl.Series, values: Int32s) -> None:
        """Give names their values; of equal names the last counts."""
        numbers = self._numbers.of(names)
        lacking = self._numbers.count + 1 - len(self._values)  # one more, which -1 indexes
        self._values = np.append(self._values, np.full(max(lacking, 0), MISSING, dtype=np.int32))
        self._values[numbers[numbers >= 0]] = values[numbers >= 0]


def unknown(names: pl.Series) -> Int32s:
    """Find nothing: the `otherwise` of a lookup that knows all there is."""
    return np.full(len(names), MISSING, dtype=np.int32)

"""From text to integers, for more texts than fit into memory at once.

A text is known by two 64-bit hashes, which take 16 bytes instead of its own length and time. With
a million distinct texts, two of them share both with a probability below 10⁻²⁶.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.array_types import Int32s
from orthrus.relations.hash_kernels import find_words, hash_texts, number_words
from orthrus.strings import utf8

MISSING = -1

Otherwise = Callable[[pl.Series], Int32s]


class StringInterner:
    """Numbers texts from 0 on, each when it is first seen."""

    def __init__(self) -> None:
        self.count = 0
        self._words = np.empty((0, 2), dtype=np.uint64)
        self._slots = np.full(1, MISSING, dtype=np.int32)

    def of(self, texts: pl.Series) -> Int32s:
        """Return the number of every text, (n,) int32, `MISSING` for null."""
        numbers = np.full(len(texts), MISSING, dtype=np.int32)
        if texts.null_count():
            numbers[texts.is_not_null().to_numpy()] = self.of(texts.drop_nulls())
            return numbers
        self._grow(self.count + len(texts))
        words = _words(texts)
        self.count = number_words(words, self._words, self._slots, self.count, numbers)
        return numbers

    def values_of(self, texts: pl.Series, values: Int32s) -> Int32s:
        """Return the value of every text's number, (n,), the last of `values` for null and others.

        Threads may find at the same time, as long as none numbers texts.
        """
        found = np.empty(len(texts), dtype=np.int32)
        find_words(_words(texts), self._words, self._slots, values, found)
        if texts.null_count():
            found[texts.is_null().to_numpy()] = values[MISSING]
        return found

    def _grow(self, most: int) -> None:
        """Make room for `most` texts; the table of slots stays at most a quarter full."""
        if most <= len(self._words):
            return
        known, numbers = self._words[: self.count], np.empty(self.count, dtype=np.int32)
        size = 1 << (4 * most).bit_length()
        self._words = np.empty((size // 4, 2), dtype=np.uint64)
        self._slots = np.full(size, MISSING, dtype=np.int32)
        number_words(known, self._words, self._slots, 0, numbers)


def _words(texts: pl.Series) -> npt.NDArray[np.uint64]:
    """Return the hashes of texts, (n, 2); those of null are those of the empty text."""
    if texts.null_count():
        texts = texts.fill_null("")
    letters, bounds = utf8(texts)
    words = np.empty((len(texts), 2), dtype=np.uint64)
    hash_texts(letters, bounds.view(np.uint64), words)
    return words


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
        self._numbers = StringInterner()
        self._otherwise = otherwise
        self._values = np.empty(0, dtype=np.int32)
        self._set(names.reverse(), values[::-1])

    def find(self, names: pl.Series) -> Int32s:
        """Return the value of every text, (n,), `MISSING` for null and for unknown texts."""
        known = self._numbers.count
        numbers = self._numbers.of(names)
        fresh = np.flatnonzero(numbers >= known)
        if len(fresh):
            new = names[fresh].unique(maintain_order=True)
            self._set(new, self._otherwise(new))
        return self._values[numbers]

    def known(self, names: pl.Series) -> Int32s:
        """Do as `find`, but ask for nothing: threads may do this at the same time."""
        return self._numbers.values_of(names, self._values)

    def _set(self, names: pl.Series, values: Int32s) -> None:
        """Give names their values; of equal names the last counts."""
        numbers = self._numbers.of(names)
        lacking = self._numbers.count + 1 - len(self._values)  # one more, which -1 indexes
        self._values = np.append(self._values, np.full(max(lacking, 0), MISSING, dtype=np.int32))
        self._values[numbers[numbers >= 0]] = values[numbers >= 0]


def unknown(names: pl.Series) -> Int32s:
    """Find nothing: the `otherwise` of a lookup that knows all there is."""
    return np.full(len(names), MISSING, dtype=np.int32)

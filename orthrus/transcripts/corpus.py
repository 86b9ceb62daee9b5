"""Several stores end to end in memory, for random access to many transcripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orthrus.errors import OrthrusError
from orthrus.transcripts.codes import Codes
from orthrus.transcripts.store import Offsets, Store


@dataclass(frozen=True)
class Corpus:
    """All transcripts of several stores; global rows count through the stores in their order.

    Attributes
    ----------
    codes
        (nt,) uint8, all transcripts of all stores.
    offsets
        (n + 1,) int64, where each transcript starts in `codes`.
    sets
        The annotation set of every store.
    set_start
        (number of stores,) int64, the first global row of every store.
    """

    codes: Codes
    offsets: Offsets
    sets: list[str]
    set_start: Offsets

    @classmethod
    def open(cls, paths: Sequence[str | Path]) -> Corpus:
        """Read the stores `paths` into memory, one byte per nucleotide.

        Raises
        ------
        OrthrusError
            No store is given, an annotation set comes twice, or a store cannot be read.
        """
        if not paths:
            raise OrthrusError("no store is given; name at least one")
        stores = [Store.open(path) for path in paths]
        sets = [store.annotation_set for store in stores]
        if repeated := {name for name in sets if sets.count(name) > 1}:
            raise OrthrusError(f"more than one store holds {', '.join(sorted(repeated))}")
        row_start = np.cumsum([0, *(len(store) for store in stores)], dtype=np.int64)
        nt_start = np.cumsum([0, *(int(store.offsets[-1]) for store in stores)], dtype=np.int64)
        codes = np.empty(nt_start[-1], dtype=np.uint8)
        for store, start, end in zip(stores, nt_start, nt_start[1:], strict=False):
            codes[start:end] = store.codes()
        offsets = [
            store.offsets[:-1] + start for store, start in zip(stores, nt_start, strict=False)
        ]
        return cls(codes, np.concatenate([*offsets, nt_start[-1:]]), sets, row_start[:-1])

    @property
    def lengths(self) -> Offsets:
        """(n,) int64: the length of every transcript, nt."""
        return np.diff(self.offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Codes:
        """Return the codes of global row `row` as a view, (L,) uint8."""
        row = range(len(self))[row]
        return self.codes[self.offsets[row] : self.offsets[row + 1]]

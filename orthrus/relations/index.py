"""Relations in memory: who may be paired with whom, as slices of integer arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import tables
from orthrus.errors import OrthrusError
from orthrus.relations.kinds import KINDS, check_kinds, own_projections_only

Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.integer[Any]]

LIMITED = (0, 1)
"""The length classes that take part in training."""


@dataclass(frozen=True)
class Candidates:
    """The eligible partners of n bases, as slices of one array of rows; every other field is (n,).

    The reference transcripts are `pool[start:stop]` without `pool[hole_start:hole_stop]`; those of
    the base's own species lie in `pool[own_start:own_stop]`. The projections are
    `pool[toga_start:toga_stop]`.
    """

    pool: Rows
    start: Ints
    stop: Ints
    hole_start: Ints
    hole_stop: Ints
    own_start: Ints
    own_stop: Ints
    toga_start: Ints
    toga_stop: Ints

    @property
    def n_references(self) -> Ints:
        """(n,) int64: eligible splice and naive partners."""
        return (self.stop - self.start) - (self.hole_stop - self.hole_start)

    @property
    def n_projections(self) -> Ints:
        """(n,) int64: eligible orthologs."""
        return self.toga_stop - self.toga_start


class Relations:
    """The tables of `orthrus relations build` as arrays, for counting, sampling and listing pairs.

    Attributes
    ----------
    folder
        Where the tables were read from.
    group, member_start, member_end, reference_row, lengths, length_class
        Columns of CORPUS, (n,); `reference_row` is -1 where there is none.
    is_toga
        (n,) bool: whether the row is a projection.
    start, toga_start, end
        Columns of GROUPS, (groups,) int64.
    members
        MEMBERS, (n,) int64.
    """

    def __init__(
        self, folder: Path, corpus: pl.DataFrame, groups: pl.DataFrame, members: pl.DataFrame
    ) -> None:
        self.folder = folder
        self.group = corpus["group"].to_numpy()
        self.member_start = corpus["member_start"].to_numpy()
        self.member_end = corpus["member_end"].to_numpy()
        self.reference_row: Ints = corpus["reference_row"].fill_null(-1).to_numpy()
        self.lengths = corpus["length"].to_numpy()
        self.length_class = corpus["length_class"].to_numpy()
        self.is_toga = (corpus["origin"] == "toga").to_numpy()
        self.start = groups["start"].to_numpy()
        self.toga_start = groups["toga_start"].to_numpy()
        self.end = groups["end"].to_numpy()
        self.members = members["row"].to_numpy()

    @classmethod
    def open(cls, folder: str | Path) -> Relations:
        """Read the tables in `folder`.

        Raises
        ------
        OrthrusError
            A table is missing, does not fulfil its contract, or they do not belong together.
        """
        folder = Path(folder)
        corpus = tables.read(folder / "corpus.parquet", tables.CORPUS)
        groups = tables.read(folder / "groups.parquet", tables.GROUPS)
        members = tables.read(folder / "members.parquet", tables.MEMBERS)
        if not len(corpus) == len(members) == (groups["end"].max() or 0):
            raise OrthrusError(
                f"{folder}: corpus, groups and members do not belong together; "
                "run `orthrus relations build` again"
            )
        return cls(folder, corpus, groups, members)

    def __len__(self) -> int:
        return len(self.group)

    def bases(self, kinds: Iterable[str] = KINDS) -> Ints:
        """Return the rows that training starts from, ascending.

        Reference transcripts of the classes short and long, without those that are left without
        partner (published code). Without kinds, where each is paired with itself, all of them.
        """
        wanted = check_kinds(kinds)
        rows = np.flatnonzero(~self.is_toga & np.isin(self.length_class, LIMITED)).astype(np.int64)
        if not wanted:
            return rows
        found = self.candidates(rows, wanted)
        return rows[found.n_references + found.n_projections > 0]

    def candidates(self, rows: Rows, kinds: Iterable[str]) -> Candidates:
        """Return the eligible partners of `rows`, (n,).

        Eligible are transcripts below the length limit of the base's class. Projections, and
        transcripts longer than every class, have none.
        """
        wanted = check_kinds(kinds)
        group, place = self.group[rows], self._place[rows]
        own = (self.member_start[rows], self.member_end[rows])
        references = (self.start[group], self.toga_start[group])
        projections = (self.toga_start[group], self.end[group])
        nothing, itself = (place, place), (place, place + 1)
        among, hole = {
            (True, True): (references, itself),
            (True, False): (own, itself),
            (False, True): (references, own),
            (False, False): (nothing, nothing),
        }["splice" in wanted, "naive" in wanted]
        orthologs = projections if "ortholog" in wanted else nothing
        slices = [self._filtered(rows, bounds) for bounds in (among, hole, own, orthologs)]
        if own_projections_only(wanted):
            slices[-1] = self._own_projections(rows)
        return Candidates(self._pool, *(bound for bounds in slices for bound in bounds))

    def _filtered(self, rows: Rows, bounds: tuple[Rows, Rows]) -> tuple[Ints, Ints]:
        """Turn slices of `members` into the slices of `_pool` that hold their eligible part."""
        limit = np.minimum(self.length_class[rows], LIMITED[-1])
        start, stop = (self._before[limit, bound].astype(np.int64) for bound in bounds)
        barred = self.is_toga[rows] | (self.length_class[rows] > LIMITED[-1])
        return start, np.where(barred, start, stop)

    def _own_projections(self, rows: Rows) -> tuple[Ints, Ints]:
        """Return the slices of `_pool` that hold the rows' own eligible projections."""
        limit = np.where(self.length_class[rows] > LIMITED[-1], -1, self.length_class[rows])
        first = rows.astype(np.int64) * 3
        keys, offset = self._own_keys, len(self._pool) - len(self._own_keys)
        start, stop = (np.searchsorted(keys, key) + offset for key in (first, first + limit + 1))
        return start, stop

    @cached_property
    def _index(self) -> type[np.signedinteger[Any]]:
        """The narrowest dtype that counts through `_pool`."""
        return np.int32 if 3 * len(self) < 2**31 else np.int64

    @cached_property
    def _place(self) -> Rows:
        """(n,): where every row stands in `members`."""
        place = np.empty(len(self), dtype=self._index)
        place[self.members] = np.arange(len(self))
        return place

    @cached_property
    def _before(self) -> Rows:
        """(2, n + 1): `[c, i]` is where `members[i]` stands, or would, for class c in `_pool`.

        The second class's part of `_pool` follows the first's, hence the offset.
        """
        classes = self.length_class[self.members]
        before = np.zeros((2, len(self) + 1), dtype=self._index)
        for limit in LIMITED:
            np.cumsum(classes <= limit, out=before[limit, 1:])
        before[1] += before[0, -1]
        return before

    @cached_property
    def _own_order(self) -> Ints:
        """Projections with a reference transcript, sorted by its row, then their length class."""
        rows = np.flatnonzero(self.reference_row >= 0)
        return rows[np.lexsort((rows, self.length_class[rows], self.reference_row[rows]))]

    @cached_property
    def _own_keys(self) -> Ints:
        order = self._own_order
        return self.reference_row[order] * 3 + self.length_class[order]

    @cached_property
    def _pool(self) -> Rows:
        """Members eligible for short bases, for long bases, then `_own_order`."""
        classes = self.length_class[self.members]
        eligible = [self.members[classes <= limit] for limit in LIMITED]
        return np.concatenate([*eligible, self._own_order]).astype(self._index)

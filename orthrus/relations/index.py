"""Relations in memory: who may be paired with whom, as slices of integer arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from orthrus.array_types import Int8s, Int32s, Integers, Ints
from orthrus.errors import OrthrusError
from orthrus.relations.csr import CSRBuilder, Run
from orthrus.relations.kernels import CLASSES, cut_slices, own_cells
from orthrus.relations.pair_kinds import KINDS, check_kinds, own_projections_only
from orthrus.relations.partner_kernels import PairKinds, PartnerArrays, PartnerIndex, find_bounds
from orthrus.relations.store_tables import SetTable
from orthrus.relations.tables_io import Tables

LIMITED = (0, 1)
"""The length classes that take part in training."""


@dataclass(frozen=True)
class Candidates:
    """The eligible partners of n bases, as slices of two arrays of rows; every other field is (n,).

    The reference transcripts are `pool[start:stop]` without `pool[hole_start:hole_stop]`; those of
    the base's own species lie in `pool[own_start:own_stop]`. The projections are
    `projections[toga_start:toga_stop]`.
    """

    pool: Int32s
    projections: Int32s
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

    All take about 18 bytes per transcript.

    Attributes
    ----------
    folder
        Where the tables were read from.
    sets
        The table SETS.
    group, reference_row, lengths, length_class
        Columns of CORPUS, (n,) int32, the last one int8; `reference_row` is -1 where there is none.
    is_toga
        (n,) bool: whether the row is a projection.
    references, projections
        The two parts of MEMBERS, int32: rows of reference transcripts, and of projections.
    start, end
        (groups,) int64: slices of `references`.
    toga_start, toga_end
        (groups,) int64: slices of `projections`.
    block_start, block_end
        (references,) int32, by place in `references`: the slice of the group's transcripts that are
        of the same species.
    """

    def __init__(self, folder: Path, built: Tables) -> None:
        self.folder, self.sets = folder, built.sets
        corpus, groups = built.corpus, built.groups
        self.group: Int32s = corpus["group"].to_numpy()
        self.reference_row: Int32s = corpus["reference_row"].to_numpy()
        self.lengths: Int32s = corpus["length"].to_numpy()
        self.length_class: Int8s = corpus["length_class"].to_numpy()
        sizes = (self.sets["end"] - self.sets["start"]).to_numpy()
        self.is_toga = np.repeat((self.sets["origin"] == "toga").to_numpy(), sizes)
        n_references = int(sizes[(self.sets["origin"] != "toga").to_numpy()].sum())
        members = built.members["row"].to_numpy()
        self.references: Int32s = members[:n_references]
        self.projections: Int32s = members[n_references:]
        self.start, self.end = groups["start"].to_numpy(), groups["end"].to_numpy()
        self.toga_start = groups["toga_start"].to_numpy() - n_references
        self.toga_end = groups["toga_end"].to_numpy() - n_references
        self.block_start, self.block_end = self._blocks()
        self._indices: dict[frozenset[str], PartnerIndex] = {}

    @classmethod
    def open(cls, folder: str | Path) -> Relations:
        """Read the tables in `folder`; OrthrusError as from `Tables.read`."""
        return cls(Path(folder), Tables.read(Path(folder)))

    def __len__(self) -> int:
        return len(self.group)

    def bases(self, kinds: Iterable[str] = KINDS) -> Ints:
        """Return the rows that training starts from, ascending.

        Reference transcripts of the classes short and long, without those that are left without
        partner (published code). Without kinds, where each is paired with itself, all of them.
        """
        wanted = check_kinds(kinds)
        rows = self.reference_rows
        rows = rows[self.length_class[rows] <= LIMITED[-1]]
        if not wanted:
            return rows
        found = self.candidates(rows, wanted)
        return rows[found.n_references + found.n_projections > 0]

    def candidates(self, rows: Integers, kinds: Iterable[str]) -> Candidates:
        """Return the eligible partners of `rows`, (n,).

        Eligible are transcripts below the length limit of the base's class. Projections, and
        transcripts longer than every class, have none.
        """
        index = self.index(kinds)
        bounds = index.bounds[self._number(rows)].T.astype(np.int64)
        return Candidates(index.pool, index.projections, *bounds)

    def index(self, kinds: Iterable[str]) -> PartnerIndex:
        """Return the partners of every base for `kinds`, found when they are first asked for."""
        wanted = check_kinds(kinds)
        if wanted not in self._indices:
            self._indices[wanted] = self._index(wanted)
        return self._indices[wanted]

    def _index(self, kinds: frozenset[str]) -> PartnerIndex:
        own = own_projections_only(kinds)
        wanted = PairKinds("splice" in kinds, "naive" in kinds, "ortholog" in kinds, own)
        before, pool = self._eligible
        places = PartnerArrays(
            self.group, self.length_class, self._slot, self.start, self.end, self.toga_start,
            self.cuts, self.block_start, self.block_end, before,
            self.own_starts if own else np.empty(0, dtype=np.int64),
        )  # fmt: skip
        bounds = np.zeros((len(self.references) + 1, 8), dtype=np.int32)
        find_bounds(self.reference_sets, places, wanted, bounds)
        projections = self.own_projections if own else self.projections
        return PartnerIndex(self.reference_sets, bounds, pool, projections)

    @cached_property
    def reference_sets(self) -> Ints:
        """(sets, 3) int64: first row, end, and number of the first transcript of reference sets.

        Reference transcripts are numbered by row.
        """
        bounds = self.sets.filter(self.sets["origin"] != "toga").select("start", "end").to_numpy()
        sizes = bounds[:, 1] - bounds[:, 0]
        return np.column_stack([bounds, np.cumsum(sizes) - sizes]).astype(np.int64)

    @property
    def reference_rows(self) -> Ints:
        """(references,) int64: the rows of reference transcripts, ascending."""
        return np.concatenate([np.arange(*bounds) for bounds in self.reference_sets[:, :2]])

    def slots(self, rows: Integers) -> Int32s:
        """Return the places in `references` of the rows of reference transcripts, (n,)."""
        return self._slot[self._number(rows)]

    def check_stores(self, opened: Sequence[SetTable]) -> Sequence[SetTable]:
        """Return the tables of stores; OrthrusError unless the relations are of these."""
        self.check_digests((table.annotation_set, table.digest) for table in opened)
        return opened

    def check_digests(self, given: Iterable[tuple[str, str]]) -> None:
        """Raise OrthrusError unless the relations are of these annotation sets and digests."""
        if list(given) != self.sets.select("annotation_set", "digest").rows():
            raise OrthrusError(
                f"{self.folder}: was built from other stores, or in another order; run `orthrus "
                "relations build` on the same stores"
            )

    def _number(self, rows: Integers) -> Ints:
        """Return which reference transcripts the rows are, -1 for those that are none."""
        first, end, number = self.reference_sets.T
        at = np.searchsorted(first, rows, side="right") - 1
        inside = (at >= 0) & (rows < end[at])
        return np.where(inside, rows - first[at] + number[at], -1)

    def _blocks(self) -> tuple[Int32s, Int32s]:
        _, code = np.unique(self.sets["species"].to_numpy(), return_inverse=True)
        starts = self.sets["start"].to_numpy()
        species = code[np.searchsorted(starts, self.references, side="right") - 1]
        group = self.group[self.references]
        changed = (np.diff(group, prepend=-1) != 0) | (np.diff(species, prepend=-1) != 0)
        bounds = np.append(np.flatnonzero(changed), len(group)).astype(np.int32)
        block = np.cumsum(changed) - 1
        return bounds[block], bounds[block + 1]

    @cached_property
    def _slot(self) -> Int32s:
        """(references,): the place in `references` of every reference transcript."""
        return np.argsort(self.references).astype(np.int32)

    @cached_property
    def _eligible(self) -> tuple[Int32s, Int32s]:
        """The reference transcripts that short bases may be paired with, then long bases.

        Returns
        -------
        before : (2, references + 1) int32
            `before[c, i]` is where `references[i]` stands, or would, for class c in `pool`.
        pool : int32
        """
        classes = self.length_class[self.references]
        before = np.zeros((2, len(classes) + 1), dtype=np.int32)
        for limit in LIMITED:
            np.cumsum(classes <= limit, out=before[limit, 1:])
        before[1] += before[0, -1]
        return before, np.concatenate([self.references[classes <= limit] for limit in LIMITED])

    @cached_property
    def cuts(self) -> Ints:
        """(3, groups) int64: where the projections of a length class and all shorter ones end."""
        cuts = np.empty((CLASSES, len(self.start)), dtype=np.int64)
        cut_slices(self.projections, self.length_class, self.toga_start, self.toga_end, cuts)
        return cuts

    @property
    def own_starts(self) -> Ints:
        """(3 · references + 1,) int64: where the projections of a reference and class start.

        Those of reference transcript i of class c are `own_projections[own_starts[3 * i + c] :]`.
        """
        return self._own_cells.starts

    @cached_property
    def own_projections(self) -> Int32s:
        """Rows of projections, by the number of their reference transcript, length class, row."""
        rows = np.empty(self.own_starts[-1], dtype=np.int32)
        self._own_cells.write(rows)
        return rows

    @cached_property
    def _own_cells(self) -> CSRBuilder:
        runs = self.sets.filter(self.sets["origin"] == "toga")[["start", "end"]].rows()
        return CSRBuilder(CLASSES * len(self.references), runs, self._own_cell)

    def _own_cell(self, run: Run) -> Int32s:
        part, cells = slice(*run), np.empty(run[1] - run[0], dtype=np.int32)
        own_cells(self.reference_row[part], self.length_class[part], self.reference_sets, cells)
        return cells

"""The compiled loops over bases: where their partners stand, and drawing one of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orthrus.relations.kernels import (
    CLASSES,
    Int8s,
    Int32s,
    Ints,
    chain,
    compiled,
    number_of,
    piece,
)
from orthrus.relations.kinds import NAIVE, ORTHOLOG, SELF, SPLICE

COIN, PICK = 0, 1
"""What tells the two draws of a base apart."""


class Wanted(NamedTuple):
    """The kinds of pairs asked for; `own`: of the projections only the base's own."""

    splice: bool
    naive: bool
    ortholog: bool
    own: bool


class Index(NamedTuple):
    """Where the partners of a base stand; see `orthrus.relations.index.Relations`.

    Attributes
    ----------
    group, length_class
        (n,) of every row.
    sets
        (sets, 3) int64: first row, end, and number of the first transcript of reference sets.
    slot
        (references,): the place in MEMBERS of every reference transcript.
    start, end, toga_start
        (groups,): slices of MEMBERS; projections count from the first one.
    toga_stop
        (3, groups): end of the projections of a length class and all shorter ones.
    block_start, block_end
        (references,): the block of the own species, by place.
    before
        (2, references + 1): where in `pool` the eligible references before a place end.
    pool
        References eligible for short bases, then those for long ones, in the order of MEMBERS.
    projections
        The projections of all groups; for own pairs of all bases, see `own`.
    own
        (3 · references + 1,): for own pairs, where the projections of a base and class start.
    """

    group: Int32s
    length_class: Int8s
    sets: Ints
    slot: Int32s
    start: Ints
    end: Ints
    toga_start: Ints
    toga_stop: Ints
    block_start: Int32s
    block_end: Int32s
    before: Int32s
    pool: Int32s
    projections: Int32s
    own: Ints


@piece
def _slices(row: int, index: Index, wanted: Wanted) -> tuple[Any, ...]:
    """Return the eight bounds of `index.Candidates`; all 0 for a row that is no base."""
    number, limit = number_of(row, index.sets), index.length_class[row]
    if number < 0 or limit >= CLASSES - 1:
        return 0, 0, 0, 0, 0, 0, 0, 0
    group, slot = index.group[row], np.int64(index.slot[number])
    own, own_stop = np.int64(index.block_start[slot]), np.int64(index.block_end[slot])
    start, stop, hole, hole_stop = slot, slot, slot, slot
    if wanted.naive:
        start, stop = index.start[group], index.end[group]
    elif wanted.splice:
        start, stop = own, own_stop
    if wanted.splice:
        hole_stop = slot + 1
    elif wanted.naive:
        hole, hole_stop = own, own_stop
    toga = toga_stop = np.int64(0)
    if wanted.own:
        toga = index.own[number * CLASSES]
        toga_stop = index.own[number * CLASSES + limit + 1]
    elif wanted.ortholog:
        toga, toga_stop = index.toga_start[group], index.toga_stop[limit, group]
    before = index.before[limit]
    return (
        np.int64(before[start]),
        np.int64(before[stop]),
        np.int64(before[hole]),
        np.int64(before[hole_stop]),
        np.int64(before[own]),
        np.int64(before[own_stop]),
        toga,
        toga_stop,
    )


@compiled
def slices(rows: npt.NDArray[Any], index: Index, wanted: Wanted, found: Ints) -> None:
    """Write the eight bounds of `index.Candidates` of every row to `found`, (8, n)."""
    for i in range(len(rows)):
        bounds = _slices(rows[i], index, wanted)
        for j in range(8):
            found[j, i] = bounds[j]


@compiled
def draw(
    rows: npt.NDArray[Any],
    index: Index,
    wanted: Wanted,
    seed: np.uint64,
    epoch: np.uint64,
    ortholog_probability: float,
    partners: Ints,
    codes: Int8s,
) -> None:
    """Draw a partner for every row, as `orthrus.relations.sampling` says."""
    prefix = chain(chain(np.uint64(0), seed), epoch)
    for i in range(len(rows)):
        row = rows[i]
        start, stop, hole, hole_stop, own, own_stop, toga, toga_stop = _slices(row, index, wanted)
        n_projections, n_references = toga_stop - toga, stop - start - (hole_stop - hole)
        partners[i], codes[i] = row, SELF
        if n_projections + n_references == 0:
            continue
        state = chain(prefix, np.uint64(row))
        bits = chain(state, np.uint64(PICK))
        ortholog = n_references == 0
        if n_projections > 0 and not ortholog:
            coin = np.float64(chain(state, np.uint64(COIN)) >> np.uint64(11)) * 2.0**-53
            ortholog = coin < ortholog_probability
        # Without branches, which would often be predicted wrongly, while bounds are still fetched.
        first, count = (toga, n_projections) if ortholog else (start, n_references)
        place = first + np.int64(bits % np.uint64(count))
        place += (hole_stop - hole) * np.int64((place >= hole) & (not ortholog))
        near = SPLICE if (own <= place) & (place < own_stop) else NAIVE
        partners[i], codes[i] = place, ORTHOLOG if ortholog else near
    # In a loop of its own, so that the processor fetches many scattered places at once.
    pool, projections = index.pool, index.projections
    for i in range(len(rows)):
        if codes[i] == ORTHOLOG:
            partners[i] = projections[partners[i]]
        elif codes[i] != SELF:
            partners[i] = pool[partners[i]]

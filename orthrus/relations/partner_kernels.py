"""The compiled loops over bases: where their partners stand, and drawing one of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from orthrus.array_types import Int8s, Int32s, Ints
from orthrus.compiled import chain, compiled, piece
from orthrus.relations.kernels import CLASSES, number_of
from orthrus.relations.pair_kinds import NAIVE, ORTHOLOG, SELF, SPLICE

COIN, PICK = 0, 1
"""What tells the two draws of a base apart."""


class PairKinds(NamedTuple):
    """The kinds of pairs asked for; `own`: of the projections only the base's own."""

    splice: bool
    naive: bool
    ortholog: bool
    own: bool


class PartnerArrays(NamedTuple):
    """Where what may be paired stands; see `orthrus.relations.index.Relations`.

    Attributes
    ----------
    group, length_class
        (n,) of every row.
    slot
        (references,): the place in MEMBERS of every reference transcript.
    start, end, toga_start
        (groups,): slices of MEMBERS; projections count from the first one.
    toga_stop
        (3, groups): end of the projections of a length class and all shorter ones.
    block_start, block_end
        (references,): the block of the own species, by place.
    before
        (2, references + 1): where in `Index.pool` the eligible references before a place end.
    own
        (3 · references + 1,): for own pairs, where the projections of a base and class start.
    """

    group: Int32s
    length_class: Int8s
    slot: Int32s
    start: Ints
    end: Ints
    toga_start: Ints
    toga_stop: Ints
    block_start: Int32s
    block_end: Int32s
    before: Int32s
    own: Ints


class PartnerIndex(NamedTuple):
    """The partners of every base for some kinds of pairs, in the order of bases.

    Attributes
    ----------
    sets
        (sets, 3) int64: first row, end, and number of the first transcript of reference sets.
    bounds
        (references + 1, 8): the bounds of `index.Candidates` of every reference transcript, by its
        number; 0 in the last line, which stands for a row that is none.
    pool
        References eligible for short bases, then those for long ones, in the order of MEMBERS.
    projections
        The projections of all groups; for own pairs of all bases.
    """

    sets: Ints
    bounds: Int32s
    pool: Int32s
    projections: Int32s


@piece
def _references(
    slot: np.int64, group: np.int32, places: PartnerArrays, wanted: PairKinds
) -> tuple[Any, ...]:
    """Return the bounds in MEMBERS: of partners, of the hole in them, of the own species."""
    own, own_stop = np.int64(places.block_start[slot]), np.int64(places.block_end[slot])
    start, stop, hole, hole_stop = slot, slot, slot, slot
    if wanted.naive:
        start, stop = places.start[group], places.end[group]
    elif wanted.splice:
        start, stop = own, own_stop
    if wanted.splice:
        hole_stop = slot + 1
    elif wanted.naive:
        hole, hole_stop = own, own_stop
    return start, stop, hole, hole_stop, own, own_stop


@compiled
def find_bounds(sets: Ints, places: PartnerArrays, wanted: PairKinds, bounds: Int32s) -> None:
    """Write the bounds of `PartnerIndex`; they stay 0 for a transcript longer than every class."""
    for at in range(len(sets)):
        for row in range(sets[at, 0], sets[at, 1]):
            number, limit = row - sets[at, 0] + sets[at, 2], places.length_class[row]
            if limit >= CLASSES - 1:
                continue
            group, slot = places.group[row], np.int64(places.slot[number])
            for j, place in enumerate(_references(slot, group, places, wanted)):
                bounds[number, j] = places.before[limit, place]
            if wanted.own:
                bounds[number, 6] = places.own[number * CLASSES]
                bounds[number, 7] = places.own[number * CLASSES + limit + 1]
            elif wanted.ortholog:
                bounds[number, 6] = places.toga_start[group]
                bounds[number, 7] = places.toga_stop[limit, group]


@compiled
def draw(
    rows: npt.NDArray[Any],
    index: PartnerIndex,
    seed: np.uint64,
    epoch: np.uint64,
    ortholog_probability: float,
    partners: Ints,
    codes: Int8s,
) -> None:
    """Draw a partner for every row, as `orthrus.relations.sampling` says.

    Choices are numbers, not branches, which would often be predicted wrongly.
    """
    prefix = chain(chain(np.uint64(0), seed), epoch)
    for i in range(len(rows)):
        row = rows[i]
        bounds = index.bounds[number_of(row, index.sets)]
        start, hole, width = bounds[0], bounds[2], bounds[3] - bounds[2]
        n_references, n_projections = bounds[1] - start - width, bounds[7] - bounds[6]
        partners[i], codes[i] = row, SELF
        if n_projections + n_references == 0:
            continue
        state = chain(prefix, np.uint64(row))
        coin = np.float64(chain(state, np.uint64(COIN)) >> np.uint64(11)) * 2.0**-53
        either = (n_projections > 0) & (n_references > 0)
        ortholog = (n_references == 0) | (either & (coin < ortholog_probability))
        first, count = (bounds[6], n_projections) if ortholog else (start, n_references)
        place = first + np.int64(chain(state, np.uint64(PICK)) % np.uint64(count))
        place += width * np.int64((place >= hole) & (not ortholog))
        near = SPLICE if (bounds[4] <= place) & (place < bounds[5]) else NAIVE
        partners[i], codes[i] = place, ORTHOLOG if ortholog else near
    # In a loop of its own, so that the processor fetches many scattered places at once.
    for i in range(len(rows)):
        place, ortholog = partners[i], codes[i] == ORTHOLOG
        if codes[i] != SELF:
            distant = index.projections[place * ortholog] if len(index.projections) else 0
            near = index.pool[place * (not ortholog)] if len(index.pool) else 0
            partners[i] = distant if ortholog else near

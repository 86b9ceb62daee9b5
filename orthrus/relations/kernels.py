"""The compiled loops over all transcripts.

Rows, groups and places fit 32 bits (`build.MOST_ROWS`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from orthrus.relations.hashing import FIRST, GOLDEN, SECOND
from orthrus.relations.kinds import NAIVE, ORTHOLOG, SELF, SPLICE

Int8s = npt.NDArray[np.int8]
Int32s = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]

Words = npt.NDArray[np.uint64]

CLASSES = 3
"""Length classes: short, long, longer."""

COIN, PICK = 0, 1
"""What tells the two draws of a base apart."""

compiled: Any = numba.njit(cache=True, nogil=True)
piece: Any = numba.njit(inline="always")


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
def _chain(state: np.uint64, counter: np.uint64) -> np.uint64:
    """Add a counter to a word, as `orthrus.relations.hashing.words` does."""
    state = (state ^ counter) + GOLDEN
    state = (state ^ (state >> np.uint64(30))) * FIRST
    state = (state ^ (state >> np.uint64(27))) * SECOND
    return state ^ (state >> np.uint64(31))


@piece
def _eight(letters: npt.NDArray[np.uint8], at: np.uint64) -> np.uint64:
    """Return eight bytes as one word: written so that it is compiled to a single load."""
    word = np.uint64(letters[at])
    word |= np.uint64(letters[at + np.uint64(1)]) << np.uint64(8)
    word |= np.uint64(letters[at + np.uint64(2)]) << np.uint64(16)
    word |= np.uint64(letters[at + np.uint64(3)]) << np.uint64(24)
    word |= np.uint64(letters[at + np.uint64(4)]) << np.uint64(32)
    word |= np.uint64(letters[at + np.uint64(5)]) << np.uint64(40)
    word |= np.uint64(letters[at + np.uint64(6)]) << np.uint64(48)
    word |= np.uint64(letters[at + np.uint64(7)]) << np.uint64(56)
    return word


@compiled
def hash_texts(letters: npt.NDArray[np.uint8], bounds: Words, words: Words) -> None:
    """Write two hashes of every text `letters[bounds[i]:bounds[i + 1]]` to `words`, (n, 2).

    They are chains of SplitMix64 over the length and the text's bytes, eight at a time; the last
    eight may overlap those before.
    """
    eight = np.uint64(8)
    for i in range(len(words)):
        at, stop = bounds[i], bounds[i + 1]
        first, second = _chain(np.uint64(0), stop - at), _chain(np.uint64(1), stop - at)
        if stop - at < eight:
            word = np.uint64(0)
            for k in range(at, stop):
                word = (word << eight) | np.uint64(letters[k])
            first, second = _chain(first, word), _chain(second, word)
        else:
            while at + eight < stop:
                word = _eight(letters, at)
                first, second = _chain(first, word), _chain(second, word)
                at += eight
            word = _eight(letters, stop - eight)
            first, second = _chain(first, word), _chain(second, word)
        words[i, 0], words[i, 1] = first, second


@compiled
def number_words(words: Words, known: Words, slots: Int32s, count: int, numbers: Int32s) -> int:
    """Write the number of every pair of words, and number new ones from `count` on.

    Parameters
    ----------
    words
        (n, 2) uint64, evenly distributed.
    known
        (room, 2) uint64: the words of number i, for i below `count`; new ones are added.
    slots
        A hash table of the numbers (linear probing); a power of two long, -1 where empty.

    Returns
    -------
    count : int
        How many are known now.
    """
    mask = np.uint64(len(slots) - 1)
    for i in range(len(words)):
        first, second = words[i, 0], words[i, 1]
        slot = first & mask
        while True:
            number = slots[slot]
            if number < 0:
                number = slots[slot] = count
                known[count, 0], known[count, 1] = first, second
                count += 1
            if known[number, 0] == first and known[number, 1] == second:
                break
            slot = (slot + np.uint64(1)) & mask
        numbers[i] = number
    return count


@compiled
def find_words(words: Words, known: Words, slots: Int32s, values: Int32s, found: Int32s) -> None:
    """Write the value that belongs to the number of every pair of words; see `number_words`.

    The last of `values` belongs to unknown words.
    """
    mask = np.uint64(len(slots) - 1)
    for i in range(len(words)):
        found[i] = slots[words[i, 0] & mask]
    # In a loop of its own, so that the processor fetches many scattered slots at once.
    for i in range(len(words)):
        first, second = words[i, 0], words[i, 1]
        slot, number = first & mask, found[i]
        while number >= 0 and (known[number, 0] != first or known[number, 1] != second):
            slot = (slot + np.uint64(1)) & mask
            number = slots[slot]
        found[i] = values[number]


@compiled
def gather(values: Int32s, places: Int32s, gathered: Int32s) -> None:
    """Write `values[places]`, of -1 the last, without holding Python's lock as NumPy does."""
    for i in range(len(places)):
        gathered[i] = values[places[i]]


@compiled
def number_by_appearance(keys: Int32s, numbers: Int32s) -> int:
    """Replace keys by 0, 1, 2, … in order of appearance; return how many there are.

    `numbers` holds -1 for every key before, and the key's number, if it appears, after.
    """
    count = 0
    for row in range(len(keys)):
        key = keys[row]
        if numbers[key] < 0:
            numbers[key] = count
            count += 1
        keys[row] = numbers[key]
    return count


@compiled
def count_cells(cells: Int32s, counts: Int32s) -> None:
    """Add the number of occurrences of every cell ≥ 0 to `counts`."""
    for cell in cells:
        if cell >= 0:
            counts[cell] += 1


@compiled
def fill_cells(first: int, cells: Int32s, next_place: Int32s, rows: Int32s) -> None:
    """Write the rows `first`, `first` + 1, … to the next places of their cells ≥ 0."""
    for i in range(len(cells)):
        cell = cells[i]
        if cell >= 0:
            rows[next_place[cell]] = first + i
            next_place[cell] += 1


@piece
def _number(row: int, sets: Ints) -> int:
    """Return which reference transcript a row is, -1 if it is none."""
    for i in range(len(sets)):
        if sets[i, 0] <= row < sets[i, 1]:
            return row - sets[i, 0] + sets[i, 2]
    return -1


@compiled
def own_cells(reference_row: Int32s, length_class: Int8s, sets: Ints, cells: Int32s) -> None:
    """Write the cell (number of the reference · 3 + length class) of projections, -1 for none."""
    for i in range(len(reference_row)):
        cells[i] = -1
        number = _number(reference_row[i], sets)
        if number >= 0:
            cells[i] = number * CLASSES + length_class[i]


@compiled
def cut_slices(rows: Int32s, length_class: Int8s, start: Ints, end: Ints, cuts: Ints) -> None:
    """Find where the classes end in slices of rows that are sorted by class; cuts: (3, slices)."""
    for i in range(len(start)):
        place = start[i]
        for limit in range(CLASSES):
            first, last = place, end[i]
            while first < last:
                middle = (first + last) // 2
                if length_class[rows[middle]] <= limit:
                    first = middle + 1
                else:
                    last = middle
            place = first
            cuts[limit, i] = place


@piece
def _slices(row: int, index: Index, wanted: Wanted) -> tuple[Any, ...]:
    """Return the eight bounds of `index.Candidates`; all 0 for a row that is no base."""
    number, limit = _number(row, index.sets), index.length_class[row]
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
    prefix = _chain(_chain(np.uint64(0), seed), epoch)
    for i in range(len(rows)):
        row = rows[i]
        start, stop, hole, hole_stop, own, own_stop, toga, toga_stop = _slices(row, index, wanted)
        n_projections, n_references = toga_stop - toga, stop - start - (hole_stop - hole)
        partners[i], codes[i] = row, SELF
        if n_projections + n_references == 0:
            continue
        state = _chain(prefix, np.uint64(row))
        bits = _chain(state, np.uint64(PICK))
        ortholog = n_references == 0
        if n_projections > 0 and not ortholog:
            coin = np.float64(_chain(state, np.uint64(COIN)) >> np.uint64(11)) * 2.0**-53
            ortholog = coin < ortholog_probability
        if ortholog:
            place = toga + np.int64(bits % np.uint64(n_projections))
            partners[i], codes[i] = place, ORTHOLOG
            continue
        place = start + np.int64(bits % np.uint64(n_references))
        if place >= hole:
            place += hole_stop - hole
        partners[i] = place
        codes[i] = SPLICE if own <= place < own_stop else NAIVE
    # In a loop of its own, so that the processor fetches many scattered places at once.
    pool, projections = index.pool, index.projections
    for i in range(len(rows)):
        if codes[i] == ORTHOLOG:
            partners[i] = projections[partners[i]]
        elif codes[i] != SELF:
            partners[i] = pool[partners[i]]

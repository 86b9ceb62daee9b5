"""The compiled loops over all transcripts.

Rows, groups and places fit 32 bits (`build.MOST_ROWS`).
"""

from __future__ import annotations

import numpy as np

from orthrus.array_types import Int8s, Int32s, Ints
from orthrus.compiled import compiled, piece

CLASSES = 3
"""Length classes: short, long, longer."""


@compiled
def gather(values: Int32s, places: Int32s, gathered: Int32s) -> None:
    """Write `values[places]`, of -1 the last, without holding Python's lock as NumPy does."""
    for i in range(len(places)):
        gathered[i] = values[places[i]]


@compiled
def classify(lengths: Int32s, limits: Int32s) -> Int8s:
    """Return how many limits every length reaches."""
    classes = np.zeros(len(lengths), dtype=np.int8)
    for i in range(len(lengths)):
        for limit in limits:
            classes[i] += np.int8(lengths[i] >= limit)
    return classes


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
def number_of(row: int, sets: Ints) -> int:
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
        number = number_of(reference_row[i], sets)
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

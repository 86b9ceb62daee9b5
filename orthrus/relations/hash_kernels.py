"""The compiled loops over texts, which take each for two hashes of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from orthrus.array_types import Int32s, Words
from orthrus.compiled import chain, compiled, piece


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
        first, second = chain(np.uint64(0), stop - at), chain(np.uint64(1), stop - at)
        if stop - at < eight:
            word = np.uint64(0)
            for k in range(at, stop):
                word = (word << eight) | np.uint64(letters[k])
            first, second = chain(first, word), chain(second, word)
        else:
            while at + eight < stop:
                word = _eight(letters, at)
                first, second = chain(first, word), chain(second, word)
                at += eight
            word = _eight(letters, stop - eight)
            first, second = chain(first, word), chain(second, word)
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

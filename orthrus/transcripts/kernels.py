"""The compiled loops that cut transcripts out of a chromosome, and copy them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from orthrus.compiled import compiled
from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN, Codes

# Indices are unsigned throughout: numba then drops its test for negative indices, and the copying
# loops become vector instructions (three times as fast). A signed operand would make them floats.
Indices = npt.NDArray[np.uint64]
ONE, THREE, SEVEN = np.uint64(1), np.uint64(3), np.uint64(7)

COMPLEMENT = 3  # A 0 and T 3, C 1 and G 2 differ in both bits
KNOWN_BELOW = 4
CODON_BIT, EXON_BIT = np.uint8(CODON_START), np.uint8(EXON_END)
UNKNOWN_BASE = np.uint8(UNKNOWN)
UPPER = np.uint8(0xDF)  # clears the bit of lower case
LETTER_A, LETTER_C, LETTER_G, LETTER_T, LETTER_U = (np.uint8(letter) for letter in b"ACGTU")


@compiled
def encode_letters(letters: Codes, codes: Codes) -> None:
    """Write the code of every letter: 0 A, 1 C, 2 G, 3 T or U, either case; 4 is anything else.

    Comparisons of bytes are vector instructions, look-ups in a table are not.
    """
    for i in range(np.uint64(len(letters))):
        letter = np.uint8(letters[i] & UPPER)
        codes[i] = (
            np.uint8(0)
            if letter == LETTER_A
            else np.uint8(1)
            if letter == LETTER_C
            else np.uint8(2)
            if letter == LETTER_G
            else np.uint8(3)
            if (letter == LETTER_T) | (letter == LETTER_U)
            else UNKNOWN_BASE
        )


@compiled
def transcribe(
    chromosome: Codes,
    rows: Indices,
    minus: npt.NDArray[np.bool_],
    exon_offsets: Indices,
    starts: Indices,
    ends: Indices,
    codon_starts: Indices,
    codon_ends: Indices,
    offsets: Indices,
    codes: Codes,
) -> None:
    """Write transcripts `rows`, all of one chromosome, to `codes[offsets[row]:offsets[row + 1]]`.

    Exon e spans `starts[e]:ends[e]` of the chromosome, which is the caller's to assure; its codons
    start at every third base of `codon_starts[e]:codon_ends[e]`, counted along the transcript from
    the exon's first base. Transcript i has exons `exon_offsets[i]:exon_offsets[i + 1]`.
    """
    for row in rows:
        place = offsets[row]
        first, last = exon_offsets[row], exon_offsets[row + ONE]
        for step in range(last - first):
            exon = last - ONE - step if minus[row] else first + step
            start, end = starts[exon], ends[exon]
            if minus[row]:
                for i in range(end - start):
                    base = chromosome[end - ONE - i]
                    codes[place + i] = base ^ np.uint8(COMPLEMENT * (base < KNOWN_BELOW))
            else:
                for i in range(end - start):
                    codes[place + i] = chromosome[start + i]
            for i in range(codon_starts[exon], codon_ends[exon], THREE):
                codes[place + i] |= CODON_BIT
            place += end - start
            codes[place - ONE] |= EXON_BIT


@compiled
def copy_stretches(
    source: npt.NDArray[Any],
    starts: Indices,
    ends: Indices,
    places: Indices,
    target: npt.NDArray[Any],
) -> None:
    """Copy stretches `source[starts[i]:ends[i]]` to `places[i]` of `target`, (r,) each."""
    for i in range(len(starts)):
        start, place = starts[i], places[i]
        for k in range(ends[i] - start):
            target[place + k] = source[start + k]


@compiled
def copy_bits(
    planes: Codes, starts: Indices, ends: Indices, places: Indices, target: Codes
) -> None:
    """Copy stretches `starts[i]:ends[i]` of bytes that lie as planes of bits to `places[i]`.

    Bit b of byte k is bit `k % 8` of `planes[b, k // 8]`.
    """
    for i in range(len(starts)):
        for place in range(ends[i] - starts[i]):
            byte = starts[i] + place
            column, bit = byte >> THREE, np.uint8(byte & SEVEN)
            value = np.uint8(0)
            for plane in range(len(planes)):
                value |= ((planes[plane, column] >> bit) & np.uint8(1)) << np.uint8(plane)
            target[places[i] + place] = value

"""The compiled loop that cuts transcripts out of a chromosome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN, Codes
from orthrus.transcripts.exons import Ints


def _compiled(function: Callable[..., Any]) -> Any:
    try:
        return numba.njit(cache=True)(function)
    except RuntimeError:  # neither the package nor the home folder can hold a cache
        return numba.njit(function)


@_compiled
def transcribe(
    chromosome: Codes,
    rows: Ints,
    exon_offsets: Ints,
    starts: Ints,
    ends: Ints,
    coding_starts: Ints,
    coding_ends: Ints,
    frames: npt.NDArray[np.int8],
    minus: npt.NDArray[np.bool_],
    offsets: Ints,
    codes: Codes,
) -> None:
    """Write transcripts `rows`, all of one chromosome, to `codes[offsets[row]:offsets[row + 1]]`.

    Coordinates are within the chromosome, which is the caller's to assure.
    """
    for row in rows:
        place = offsets[row]
        first, last = exon_offsets[row], exon_offsets[row + 1]
        for step in range(last - first):
            exon = last - 1 - step if minus[row] else first + step
            start, end = starts[exon], ends[exon]
            if minus[row]:
                for i in range(end - start):
                    base = chromosome[end - 1 - i]
                    codes[place + i] = base if base == UNKNOWN else base ^ 3
                coding, coding_end = end - coding_ends[exon], end - coding_starts[exon]
            else:
                codes[place : place + end - start] = chromosome[start:end]
                coding, coding_end = coding_starts[exon] - start, coding_ends[exon] - start
            if frames[exon] >= 0:
                for i in range(coding + (3 - frames[exon]) % 3, coding_end, 3):
                    codes[place + i] |= CODON_START
            place += end - start
            codes[place - 1] |= EXON_END

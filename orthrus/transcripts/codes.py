"""One byte per nucleotide: the six tracks of a transcript, packed.

The byte is `base | unknown << 2 | codon_start << 3 | exon_end << 4`, where base is 0 A, 1 C, 2 G,
3 T. An unknown base has base bits 0, so unknown and padding are both 4 and never look like an A.
Bits 5 to 7 are reserved and zero. See `docs/store-format.md`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from orthrus.errors import OrthrusError

Codes = npt.NDArray[np.uint8]

BASE = 0b0000_0011
UNKNOWN = 0b0000_0100
CODON_START = 0b0000_1000
EXON_END = 0b0001_0000
RESERVED = 0b1110_0000

TRACK_NAMES = ("A", "C", "G", "T", "CDS", "splice")


def _track_table() -> Codes:
    byte = np.arange(256)
    known = byte & UNKNOWN == 0
    bases = [known & (byte & BASE == base) for base in range(4)]
    marks = [byte & CODON_START != 0, byte & EXON_END != 0]
    return np.stack([*bases, *marks], axis=1).astype(np.uint8)


TRACKS: Codes = _track_table()
"""(256, 6) uint8: the tracks A, C, G, T, CDS, splice of every byte."""

_BLOCK = 1 << 18
_LOWEST_RESERVED = 0b0010_0000


def check(codes: Codes) -> Codes:
    """Return `codes` (L,) uint8 unchanged if every byte is a valid code.

    Raises
    ------
    OrthrusError
        A byte has a reserved bit, or base bits beside the unknown bit.
    """
    for start in range(0, len(codes), _BLOCK):  # blocks that stay in the cache: three times as fast
        block = codes[start : start + _BLOCK]
        # Maxima, as they are single vector instructions; the base bits come below the unknown bit.
        if block.max() >= _LOWEST_RESERVED or (block & (UNKNOWN | BASE)).max() > UNKNOWN:
            faults = (block & RESERVED != 0) | (block & (UNKNOWN | BASE) > UNKNOWN)
            where = start + int(faults.argmax())
            kind = "a reserved bit" if codes[where] & RESERVED else "base bits of an unknown base"
            raise OrthrusError(
                f"codes: byte {int(codes[where]):#04x} at position {where} has {kind} set; "
                "the data are damaged or of a newer format"
            )
    return codes


def decode(codes: Codes) -> Codes:
    """Unpack codes into the six tracks.

    Parameters
    ----------
    codes
        (L,) uint8: one byte per nucleotide, as stores hold them.

    Returns
    -------
    ndarray
        (L, 6) uint8, zeros and ones: A, C, G, T, codon starts, exon ends (`TRACK_NAMES`). A base
        that is not known has zeros in the first four.

    Raises
    ------
    OrthrusError
        A byte is no code: the data are damaged or of a newer format.

    Examples
    --------
    >>> decode(np.array([0b01000, 3, 0b10000], dtype=np.uint8)).tolist()
    [[1, 0, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0], [1, 0, 0, 0, 0, 1]]
    """
    return TRACKS[check(codes)]


def encode(tracks: npt.NDArray[np.generic]) -> Codes:
    """Pack tracks (L, 6) of zeros and ones into codes (L,) uint8; the inverse of `decode`.

    Raises
    ------
    OrthrusError
        The shape is not (L, 6), a value is neither 0 nor 1, or a position has two bases.
    """
    if tracks.ndim != 2 or tracks.shape[1] != len(TRACK_NAMES):
        raise OrthrusError(f"tracks: shape {tracks.shape} is not (length, {len(TRACK_NAMES)})")
    if not np.isin(tracks, (0, 1)).all():
        raise OrthrusError("tracks: every value must be 0 or 1")
    bits = tracks.astype(np.uint8)
    bases = bits[:, :4]
    if (bases.sum(axis=1) > 1).any():
        raise OrthrusError("tracks: a position has more than one base")
    unknown = np.where(bases.any(axis=1), 0, UNKNOWN)
    marks = CODON_START * bits[:, 4] | EXON_END * bits[:, 5]
    return (bases.argmax(axis=1) | unknown | marks).astype(np.uint8)

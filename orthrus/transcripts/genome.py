"""Genomes as codes, a chromosome at a time: plain, gzip and bgzip FASTA, and 2bit.

A store records its genome's SHA-256, so the whole file is read in any case; one pass over it serves
every compression, needs no index beside the file, and holds one chromosome in memory. The content
decides on the format, never the name.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from orthrus.annotation.schema import MAX_COORDINATE
from orthrus.errors import OrthrusError
from orthrus.files import open_bytes
from orthrus.transcripts import twobit
from orthrus.transcripts.codes import Codes
from orthrus.transcripts.kernels import encode_letters

BLOCK = 1 << 18
"""What is read and translated at once, so that it stays in the cache."""
CHROMOSOME = 1 << 28
"""Longer than human chromosomes (nt); room for longer ones doubles."""
LONGEST = MAX_COORDINATE
"""Letters of a sequence: a limit against which gzip bombs run."""
HEADER = 1 << 20
"""Bytes of a header line."""
BLANKS = b"\r\n\t "
"""What may stand between letters."""


def chromosomes(path: str | Path, wanted: Container[str]) -> Iterator[tuple[str, Codes]]:
    """Yield name and codes, (length,) uint8, of every wanted chromosome in file order.

    A FASTA record's name ends at the first blank.

    Raises
    ------
    OrthrusError
        The file cannot be read, is truncated, is neither FASTA nor 2bit, or holds a wanted
        chromosome twice.
    """
    path = Path(path)
    with open_bytes(path) as handle:
        is_twobit = twobit.byte_order(handle.read(4)) is not None
    found = set()
    for name, codes in twobit.chromosomes(path, wanted) if is_twobit else _fasta(path, wanted):
        if name in found:
            raise OrthrusError(f"{path}: holds more than one sequence {name!r}; keep one of them")
        found.add(name)
        yield name, codes


def _fasta(path: Path, wanted: Container[str]) -> Iterator[tuple[str, Codes]]:
    name = ""
    sequence: Sequence | None = None
    most = min(path.stat().st_size, CHROMOSOME)
    with open_bytes(path) as handle:
        for is_header, piece in pieces(handle, path):
            if is_header:
                if sequence is not None:
                    yield name, sequence.codes
                name = _name(piece, path)
                sequence = Sequence(most) if name in wanted else None
            elif sequence is not None:
                sequence.append(piece)
                if len(sequence.codes) > LONGEST:
                    raise OrthrusError(f"{path}: {name} has more than {LONGEST:,} nt")
    if sequence is not None:
        yield name, sequence.codes


class Sequence:
    """Codes that grow: what is longer than a scaffold moves to room for a `chromosome` (nt).

    Of room, only what is written takes memory.
    """

    def __init__(self, chromosome: int) -> None:
        self._chromosome = chromosome
        self._room, self._size = np.empty(BLOCK, dtype=np.uint8), 0

    @property
    def codes(self) -> Codes:
        """(length,) uint8: what was appended, a view until more is."""
        return self._room[: self._size]

    def append(self, letters: bytes) -> None:
        """Add the codes of letters, blanks among them left out."""
        letters = letters.replace(b"\n", b"")
        if any(blank in letters for blank in BLANKS):
            letters = letters.translate(None, BLANKS)
        size = self._size + len(letters)
        if size > len(self._room):
            room = np.empty(max(2 * size, self._chromosome), dtype=np.uint8)
            room[: self._size] = self.codes
            self._room = room
        encode_letters(np.frombuffer(letters, dtype=np.uint8), self._room[self._size : size])
        self._size = size


def pieces(handle: IO[bytes], path: Path) -> Iterator[tuple[bool, bytes]]:
    """Yield whether it is a header, and a header without its `>` or sequence lines, in order.

    Raises
    ------
    OrthrusError
        The file is no FASTA, or has a header of more than `HEADER` bytes.
    """
    started, at_line_start = False, True
    while block := handle.read(BLOCK):
        last = block.rfind(b"\n") + 1
        if block[last:].startswith(b">") and (last or at_line_start):
            block += (rest := handle.readline(HEADER))  # so that a header is whole
            if len(rest) == HEADER:
                raise OrthrusError(f"{path}: holds a header of more than {HEADER:,} bytes")
        place = 0
        for start in _headers(block, at_line_start):
            if not started and block[:start].strip():
                break
            started = True
            yield False, block[place:start]
            end = block.find(b"\n", start) % (len(block) + 1)  # -1 is the end
            yield True, block[start + 1 : end]
            place = end
        if not started and block[place:].strip():
            raise OrthrusError(f"{path}: is neither FASTA nor 2bit; give a genome in one of these")
        at_line_start = block.endswith(b"\n")
        yield False, block[place:]
    if not started:
        raise OrthrusError(f"{path}: is empty; give a genome as FASTA or 2bit")


def _headers(block: bytes, at_line_start: bool) -> Iterator[int]:
    """Yield where headers start in a block of a FASTA file."""
    start = block.find(b">")
    while start >= 0:
        if block[start - 1] == ord("\n") if start else at_line_start:
            yield start
        start = block.find(b">", start + 1)


def _name(header: bytes, path: Path) -> str:
    words = header.split(maxsplit=1)
    if not words:
        raise OrthrusError(f"{path}: a FASTA record has no name")
    return words[0].decode("latin-1")

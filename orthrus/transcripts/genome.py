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

from orthrus.errors import OrthrusError
from orthrus.files import open_bytes, open_existing
from orthrus.transcripts import twobit
from orthrus.transcripts.codes import UNKNOWN, Codes

BLOCK = 1 << 22


def _letter_codes() -> bytes:
    table = bytearray([UNKNOWN]) * 256
    for code, letters in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu")):
        for letter in letters:
            table[letter] = code
    return bytes(table)


LETTER_CODES = _letter_codes()
"""The code of every letter: 0 A, 1 C, 2 G, 3 T or U, either case; anything else is unknown."""


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
    with open_existing(path) as handle:
        is_twobit = twobit.byte_order(handle.read(4)) is not None
    found = set()
    for name, codes in twobit.chromosomes(path, wanted) if is_twobit else _fasta(path, wanted):
        if name in found:
            raise OrthrusError(f"{path}: holds more than one sequence {name!r}; keep one of them")
        found.add(name)
        yield name, codes


def _fasta(path: Path, wanted: Container[str]) -> Iterator[tuple[str, Codes]]:
    name, letters = "", bytearray()
    with open_bytes(path) as handle:
        for header, body in _pieces(handle, path):
            if header is not None:
                if name in wanted:
                    yield name, np.frombuffer(letters, dtype=np.uint8)
                name, letters = _name(header, path), bytearray()
            if name in wanted:
                letters += body.translate(LETTER_CODES, b"\r\n\t ")
    if name in wanted:
        yield name, np.frombuffer(letters, dtype=np.uint8)


def _pieces(handle: IO[bytes], path: Path) -> Iterator[tuple[bytes | None, bytes]]:
    """Yield (header or None, sequence lines): one piece per record and block of the file."""
    started = False
    while block := handle.read(BLOCK):
        block += handle.readline()  # so that a block is made of whole lines
        if started and b">" not in block:  # nearly always; the search below is slower
            yield None, block
            continue
        ongoing, *records = (b"\n" + block).split(b"\n>")
        if not started and (ongoing.strip() or not records):
            raise OrthrusError(f"{path}: is neither FASTA nor 2bit; give a genome in one of these")
        started = True
        yield None, ongoing
        for record in records:
            header, _, body = record.partition(b"\n")
            yield header, body
    if not started:
        raise OrthrusError(f"{path}: is empty; give a genome as FASTA or 2bit")


def _name(header: bytes, path: Path) -> str:
    words = header.split(maxsplit=1)
    if not words:
        raise OrthrusError(f"{path}: a FASTA record has no name")
    return words[0].decode("latin-1")

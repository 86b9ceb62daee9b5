"""FASTA of mature transcripts: one record per transcript, read whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orthrus.array_types import Ints
from orthrus.errors import OrthrusError
from orthrus.files import open_bytes
from orthrus.transcripts.codes import Codes
from orthrus.transcripts.genome import BLANKS, Sequence, pieces

LONGEST = 1_000_000
"""No mature RNA is longer (nt): the longest that Ensembl lists have a third of this."""

LARGEST = 4_000_000_000
"""Bytes of a FASTA file, decompressed; all of human GENCODE has a tenth of this."""

CHROMOSOME = re.compile(rb"chr([0-9]{1,2}[LR]?|[WXYZM]|MT|[IVX]+|Un)(_\w+)?")
AMINO_ACIDS = b"EFILPQefilpq"
"""Letters of amino acids that stand for no nucleotide, not even an ambiguous one."""
MOST_AMINO_ACIDS = 0.05
HEAD = 1 << 16

_OTHERS = bytes(set(range(256)) - set(AMINO_ACIDS))


@dataclass(frozen=True)
class Records:
    """The n records of a FASTA file.

    Attributes
    ----------
    headers
        n header lines, without the `>`.
    codes
        (nt,) uint8, all sequences end to end: bases alone, without marks.
    offsets
        (n + 1,) int64, where each sequence starts.
    """

    headers: list[str]
    codes: Codes
    offsets: Ints


def read_mature(path: Path) -> Records:
    """Read a FASTA file of transcripts (plain, gzip or bgzip).

    Raises
    ------
    OrthrusError
        It cannot be read, is no FASTA, or holds proteins, a genome or an empty record.
    """
    with open_bytes(path) as handle:
        _refuse_other(handle.read(2 * LONGEST), path)
    headers, starts, sequence = [], [], Sequence(path.stat().st_size)
    size = 0
    with open_bytes(path) as handle:
        for is_header, piece in pieces(handle, path):
            size += len(piece)
            if size > LARGEST:
                raise OrthrusError(
                    f"{path}: has more than {LARGEST:,} bytes when decompressed; give it in parts"
                )
            if is_header:
                headers.append(piece.decode("utf-8", errors="replace").rstrip())
                starts.append(len(sequence.codes))
            else:
                sequence.append(piece)
    offsets = np.array([*starts, len(sequence.codes)], dtype=np.int64)
    for row in np.flatnonzero(np.diff(offsets) == 0)[:1]:
        raise OrthrusError(f"{path}: transcript {headers[row]!r} has no sequence")
    return Records(headers, sequence.codes, offsets)


def refuse_proteins(path: Path) -> None:
    """Raise an OrthrusError if a FASTA file, told by its first records, holds proteins."""
    with open_bytes(path) as handle:
        _refuse_proteins(handle.read(HEAD), path)


def _refuse_other(head: bytes, path: Path) -> None:
    """Tell by the first records that a file holds no transcripts."""
    if not head.strip():
        raise OrthrusError(f"{path}: is empty; give a FASTA file of mature transcripts")
    if not head.lstrip().startswith(b">"):
        raise OrthrusError(f"{path}: is no FASTA; give a FASTA file of mature transcripts")
    _refuse_proteins(head, path)
    names, lengths = [], []
    for record in _split(head):
        header, _, body = record.partition(b"\n")
        names.append(header.split(maxsplit=1)[0] if header.strip() else b"")
        lengths.append(len(body.translate(None, BLANKS)))
    of_genome = sum(map(bool, map(CHROMOSOME.fullmatch, names)))
    if max(lengths) > LONGEST or 2 * of_genome > len(names):
        name = names[int(np.argmax(lengths))].decode(errors="replace")
        raise OrthrusError(
            f"{path}: looks like a genome, not like mature transcripts (sequence {name}); give it "
            "as --genome, with an --annotation"
        )


def _refuse_proteins(head: bytes, path: Path) -> None:
    if not head.lstrip().startswith(b">"):
        return
    letters = b"".join(record.partition(b"\n")[2] for record in _split(head))
    amino_acids = letters.translate(None, _OTHERS)
    if len(amino_acids) > MOST_AMINO_ACIDS * len(letters):
        found = ", ".join(sorted(set(amino_acids.decode().upper())))
        raise OrthrusError(
            f"{path}: holds proteins ({found} are no nucleotides); give nucleotide sequences"
        )


def _split(data: bytes) -> list[bytes]:
    """Return the records without their `>`; blanks before the first one are allowed."""
    return (b"\n" + data.lstrip()).split(b"\n>")[1:]

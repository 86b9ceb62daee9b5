"""A transcript of a store, laid out for a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Group
from rich.text import Text

from orthrus import schemas
from orthrus.log import printable
from orthrus.transcripts.codes import BASE, CODON_START, EXON_END, UNKNOWN, Codes
from orthrus.transcripts.store import REJECTED, Store

WIDTH = 60
"""Nucleotides to a line."""

BASES = "ACGT"
COLOURS = {"A": "green", "C": "blue", "G": "yellow", "T": "red", "N": "dim"}

# The standard genetic code, codons in the order AAA, AAC, AAG, AAT, ACA, …, TTT.
AMINO_ACIDS = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"

LEGEND = "beneath the bases: the amino acid at each codon start, ^ the last base of an exon"


def layout(store: Store, transcript_id: str) -> Group:
    """Return the header and the annotated sequence of one transcript.

    Positions count from 1, the last one included, as genome browsers and feature tables have them.

    Raises
    ------
    OrthrusError
        The store does not hold the transcript.
    """
    row = store.row(transcript_id)
    codes = store[row]
    about = store.table.row(row, named=True)
    return Group(*_header(store, about, codes), "", *_lines(codes, about["mature_cds_end"]))


def describe(store: Store) -> dict[str, Any]:
    """Read a store whole, check it against its digest, and return what it holds.

    Sizes are bytes on disk; `bits_per_nt` counts the codes alone.

    Raises
    ------
    OrthrusError
        The store is damaged.
    """
    store.verify()
    nt = int(store.offsets[-1])
    rejected = schemas.read_table(store.path / REJECTED, schemas.DROPPED)
    return store.attributes | {
        "transcripts": len(store),
        "coding": int(store.table["cds_start"].is_not_null().sum()),
        "rejected": len(rejected),
        "nt": nt,
        "bytes": _bytes(store.path),
        "bits_per_nt": round(8 * _bytes(store.path / "codes") / nt, 3),
    }


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def translate(codes: Codes, cds_end: int | None = None) -> npt.NDArray[np.str_]:
    """Return one letter per nucleotide, (L,): the amino acid at codon starts, else a blank.

    A codon that is cut short, by the end of the CDS or by the next codon start, or that holds an
    unknown base, is `?`; a stop codon is `*`. The standard genetic code is used throughout.
    """
    letters = np.full(len(codes), " ")
    starts = np.flatnonzero(codes & CODON_START)
    end = len(codes) if cds_end is None else min(cds_end, len(codes))
    whole = np.diff(starts, append=end) >= 3
    letters[starts[~whole]] = "?"
    starts = starts[whole]
    codons = codes[starts[:, None] + np.arange(3)]
    number = (codons & BASE) @ np.array([16, 4, 1])
    known = ~(codons & UNKNOWN).any(axis=1)
    letters[starts] = np.where(known, np.array(list(AMINO_ACIDS))[number], "?")
    return letters


def _header(store: Store, about: dict[str, Any], codes: Codes) -> Iterator[Text]:
    gene = about["gene_name"] or about["gene_id"] or "no gene"
    title = f"{about['transcript_id']}  {gene}  {store.annotation_set}"
    yield Text(printable(title), style="bold")
    exons = int(np.count_nonzero(codes & EXON_END))
    yield Text(
        f"{about['chrom']}:{_span(about, 'tx')} ({about['strand']})  "
        f"{len(codes)} nt, {exons} exon{'s' * (exons != 1)}"
    )
    codons = int(np.count_nonzero(codes & CODON_START))
    if about["cds_start"] is None:
        yield Text("non-coding")
    else:
        place = _span(about, "cds")
        if about["mature_cds_start"] is not None:
            place = f"{_span(about, 'mature_cds')} of the transcript"
        yield Text(f"CDS {place}, {codons} codon starts")
    yield Text(LEGEND, style="dim")


def _span(about: dict[str, Any], what: str) -> str:
    """Return a half-open interval of a row as a person counts: from 1, the last one included."""
    return f"{about[f'{what}_start'] + 1}-{about[f'{what}_end']}"


def _lines(codes: Codes, cds_end: int | None) -> Iterator[Text]:
    """Yield each line of bases, numbered by its first base, with its marks beneath."""
    bases = np.where(codes & UNKNOWN, "N", np.array(list(BASES))[codes & BASE])
    exon_ends = np.where(codes & EXON_END, "^", " ")
    amino_acids = translate(codes, cds_end)
    margin = len(str(len(codes)))
    for start in range(0, len(codes), WIDTH):
        here = slice(start, start + WIDTH)
        line = Text(f"{start + 1:>{margin}} ", style="dim", end="\n")
        for base in bases[here]:
            line.append(base, style=COLOURS[base])
        yield line
        for marks, style in ((amino_acids, "bold"), (exon_ends, "magenta")):
            text = "".join(marks[here]).rstrip()
            if text:
                yield Text(" " * (margin + 1) + text, style=style)

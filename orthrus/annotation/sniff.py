"""What format a gene table has, told by its content and never by its name."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from itertools import islice
from pathlib import Path

from orthrus.errors import OrthrusError

LOOK_AT = 100
HEADERS = ("#bin", "#name", "bin", "name")


class Format(StrEnum):
    """The formats that can be read."""

    GENEPRED = "genePred"
    """10 columns, name to exonEnds."""
    GENEPRED_EXT = "genePredExt"
    """15 columns, name to exonFrames."""
    GENEPRED_BIN = "genePredExt with bin"
    """16 columns: a UCSC database dump."""
    TABLE_BROWSER = "Table Browser export"
    """genePred or genePredExt under a header line that starts with `#bin` or `#name`."""
    GTF = "GTF"
    GFF3 = "GFF3"
    BED12 = "BED12"


def sniff(start: bytes, path: str | Path) -> Format:
    """Return the format that most lines at the start of a file have.

    Raises
    ------
    OrthrusError
        None of the first lines has a format that is known.
    """
    text = start[: 1 << 20].decode("utf-8", errors="replace")
    lines = [line.split("\t") for line in text.splitlines() if line.strip()]
    if lines and lines[0][0] in HEADERS:
        return Format.TABLE_BROWSER
    rows = (fields for fields in lines if not fields[0].startswith(("#", "track ", "browser ")))
    votes = Counter(filter(None, map(_format_of, islice(rows, LOOK_AT))))
    if not votes:
        raise OrthrusError(
            f"{path}: is no gene table; expected tab-separated genePred (10, 15 or 16 columns), "
            "GTF, GFF3 or BED12"
        )
    return votes.most_common(1)[0][0]


def _format_of(fields: list[str]) -> Format | None:
    match len(fields):
        case 10 if fields[2] in ("+", "-"):
            return Format.GENEPRED
        case 15 if fields[2] in ("+", "-"):
            return Format.GENEPRED_EXT
        case 16 if fields[3] in ("+", "-"):
            return Format.GENEPRED_BIN
        case 12 if fields[5] in ("+", "-"):
            return Format.BED12
        case 9 if fields[3].isdigit() and fields[4].isdigit():
            return Format.GTF if ' "' in fields[8] else Format.GFF3
    return None

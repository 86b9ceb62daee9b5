"""What format a gene table has, told by its content and never by its name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path

from orthrus.annotation.lines import Block
from orthrus.errors import OrthrusError

LOOK_AT = 100
NO_ROWS = ("#", "track ", "browser ")
STRANDS = ("+", "-")
GFF3_PAIR = re.compile(r"[\s;]*[^\s=\"';]+\s*=")
HEADERS = ("#bin", "#name", "bin", "name")


class Format(StrEnum):
    """The formats that can be read."""

    GENEPRED = "genePred"
    """10 columns, name to exonEnds."""
    GENEPRED_EXT = "genePredExt"
    """15 columns, name to exonFrames."""
    GENEPRED_BIN = "genePred with bin"
    """11 columns: a UCSC database dump."""
    GENEPRED_EXT_BIN = "genePredExt with bin"
    """16 columns: a UCSC database dump."""
    REFFLAT = "refFlat"
    """11 columns: the gene's name and genePred."""
    TABLE_BROWSER = "Table Browser export"
    """genePred or genePredExt under a header line that starts with `#bin` or `#name`."""
    GTF = "GTF"
    GFF3 = "GFF3"
    BED12 = "BED12"
    KNOWN_GENE = "knownGene"
    """12 columns: genePred, protein and alignment."""
    BIG_GENEPRED = "bigGenePred"
    """20 columns: BED12, and what genePredExt has beside it."""


def sniff(text: Iterator[Block], path: str | Path) -> tuple[Format, Iterator[Block]]:
    """Return the format that most of a file's first rows have, and its blocks, the first again.

    Raises
    ------
    OrthrusError
        None of the first rows has a format that is known.
    """
    seen: list[Block] = []
    for block in text:
        seen.append(block)
        lines = (line.decode("utf-8", errors="replace").split("\t") for line in block.lines())
        first = next(lines, [""])
        if len(seen) == 1 and first[0] in HEADERS:
            return Format.TABLE_BROWSER, chain(seen, text)
        rows = (fields for fields in chain([first], lines) if not fields[0].startswith(NO_ROWS))
        votes = Counter(map(_format_of, islice(rows, LOOK_AT)))
        if votes:  # there may be megabytes of comments before the first row
            break
    found = [layout for layout, _ in votes.most_common() if layout is not None]
    if not found:
        raise OrthrusError(
            f"{path}: is no gene table; expected tab-separated genePred (10, 11, 15 or 16 "
            "columns), refFlat, knownGene, a Table Browser export, GTF, GFF3, BED12 or bigGenePred"
        )
    return found[0], chain(seen, text)


def _format_of(fields: list[str]) -> Format | None:
    match len(fields):
        case 10 if fields[2] in STRANDS:
            return Format.GENEPRED
        case 11 if fields[3] in STRANDS:
            return Format.GENEPRED_BIN if fields[0].isdigit() else Format.REFFLAT
        case 12 if _is_bed(fields):
            return Format.BED12
        case 12 if fields[2] in STRANDS and fields[3].isdigit() and fields[4].isdigit():
            return Format.KNOWN_GENE
        case 15 if fields[2] in STRANDS:
            return Format.GENEPRED_EXT
        case 16 if fields[3] in STRANDS:
            return Format.GENEPRED_EXT_BIN
        case 20 if _is_bed(fields):
            return Format.BIG_GENEPRED
        case 9 if fields[3].isdigit() and fields[4].isdigit():
            return Format.GTF if _is_gtf(fields[8]) else Format.GFF3
    return None


def _is_bed(fields: list[str]) -> bool:
    return fields[5] in (*STRANDS, ".") and fields[1].isdigit() and fields[2].isdigit()


def _is_gtf(attributes: str) -> bool:
    """Tell `key "value"`, quoted or not, and an identifier alone from `key=value` and nothing."""
    return GFF3_PAIR.match(attributes) is None and attributes.strip(" .;") != ""

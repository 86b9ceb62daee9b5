"""Published tables that say under which names a sequence goes, told apart by content.

| table | holds |
|---|---|
| UCSC chromAlias.txt | one sequence per line, all its names between tabs |
| UCSC's table chromAlias | another name, UCSC's name, and who calls it so: `1`, `chr1`, `ensembl` |
| NCBI assembly_report.txt | ten columns; names, role, length; a comment names the columns |
| NCBI sequence_report.jsonl | one JSON object per line, keys in camelCase or snake_case |
| chrom.sizes | name and length |
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orthrus.annotation.contig_names import Aliases
from orthrus.annotation.lines import read_whole
from orthrus.annotation.schema import MAX_COORDINATE
from orthrus.errors import OrthrusError

REPORT_COLUMNS = (
    "sequenceName", "role", "chrName", "location", "genbankAccession", "relationship",
    "refseqAccession", "unit", "length", "ucscStyleName",
)  # fmt: skip
NAMES = ("sequenceName", "genbankAccession", "refseqAccession", "ucscStyleName")
WITH_USER = 3
USERS = ("assembly", "ensembl", "genbank", "ncbi", "refseq", "ucsc")
"""Who calls sequences by other names, in UCSC's words; any word that comes again is one, too."""
ABSENT = (None, "", "na")


def read_aliases(path: str | Path) -> list[Aliases]:
    """Read a table of aliases: one entry per line, the same for lines of one sequence.

    Raises
    ------
    OrthrusError
        The file cannot be read, is empty, or a line has another form than its table.
    """
    try:
        text = b"".join(read_whole(path).parts).decode()
    except UnicodeDecodeError as error:
        raise OrthrusError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    lines = [line.rstrip("\r") for line in text.split("\n")]
    report = any(line.lower().startswith("# sequence-name") for line in lines)
    content = {
        number: line
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    }
    sizes = _are_sizes(content.values())
    if not report and _are_pairs(content.values()):
        return _paired(content.values())
    found = []
    for number, line in content.items():
        try:
            found.append(_entry(line, report, sizes))
        except (ValueError, TypeError, AttributeError) as error:
            raise OrthrusError(
                f"{path}: line {number}: {error}; expected chromAlias.txt, assembly_report.txt, "
                "sequence_report.jsonl or chrom.sizes"
            ) from None
    if not found:
        raise OrthrusError(f"{path}: names no sequence; fetch or write it again")
    return found


def _are_sizes(lines: Iterable[str]) -> bool:
    """Tell chrom.sizes from two columns of names, which may be `chr1` and `1`."""
    pairs = [line.split("\t") for line in lines]
    return all(
        len(pair) == 2 and pair[1].isdigit() and pair[1] != pair[0].removeprefix("chr")
        for pair in pairs
    )


def _are_pairs(lines: Iterable[str]) -> bool:
    """Tell UCSC's table from three columns of names: its third one says who uses a name."""
    rows = [line.split("\t") for line in lines]
    if not rows or any(len(row) != WITH_USER or not all(row) for row in rows):
        return False
    users = Counter(user for row in rows for user in row[-1].split(","))
    return all(user in USERS or times > 1 for user, times in users.items())


def _paired(lines: Iterable[str]) -> list[Aliases]:
    """Return an entry per line, which holds all the names that lines give its sequence."""
    pairs = [line.split("\t")[:2] for line in lines]
    names: dict[str, dict[str, None]] = {}
    for alias, chrom in pairs:
        names.setdefault(chrom, {chrom: None})[alias] = None
    return [Aliases(tuple(names[chrom])) for _, chrom in pairs]


def _entry(line: str, report: bool, sizes: bool) -> Aliases:
    if line.lstrip().startswith("{"):
        return _described({_camel(key): value for key, value in json.loads(line).items()})
    fields = line.split("\t")
    if report:
        return _described(dict(zip(REPORT_COLUMNS, fields, strict=True)))
    if len(fields) < 2:
        raise ValueError("has one field")
    if sizes:
        return Aliases((fields[0],), _length(fields[1]))
    return Aliases(tuple(dict.fromkeys(filter(None, fields))))


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(word.capitalize() for word in others)


def _described(sequence: Mapping[str, Any]) -> Aliases:
    """Return the names of a sequence that NCBI describes.

    Scaffolds that are assigned to a chromosome do not have its name. Where GenBank's and RefSeq's
    sequences differ (`<>`), RefSeq's name is another sequence's.
    """
    names = [sequence.get(key) for key in NAMES]
    if sequence.get("relationship") == "<>":
        names.remove(sequence.get("refseqAccession"))
    if sequence.get("role") == "assembled-molecule":
        names.append(sequence.get("chrName"))
    known = dict.fromkeys(str(name) for name in names if name not in ABSENT)
    if not known:
        raise ValueError("names no sequence")
    return Aliases(tuple(known), _length(sequence.get("length")))


def _length(text: Any) -> int | None:
    if text in ABSENT:
        return None
    length = int(text)
    if not 0 < length <= MAX_COORDINATE:
        raise ValueError(f"a length of {length}")
    return length

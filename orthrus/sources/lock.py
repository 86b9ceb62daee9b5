"""`sources.lock`: which bytes a build was made from.

A tab-separated table with a header (path, url, bytes, sha256), sorted by path, so that a change
shows as a changed line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, open_text, read_json, write_json

COLUMNS = ("path", "url", "bytes", "sha256")


@dataclass(frozen=True)
class Record:
    """What one fetched file is: its `host/path`, published URL, size in bytes and SHA-256."""

    path: str
    url: str
    bytes: int
    sha256: str


def difference(locked: Record, found: Record) -> str:
    """Return what differs between two records of a file, or an empty string."""
    return ", ".join(
        f"{column} {getattr(locked, column)} -> {getattr(found, column)}"
        for column in COLUMNS[1:]
        if getattr(locked, column) != getattr(found, column)
    )


def compare(locked: dict[str, Record], found: Iterable[Record]) -> list[str]:
    """Return one sentence for every record in `found` that differs from its locked one."""
    pairs = ((locked[record.path], record) for record in found if record.path in locked)
    return [f"{new.path}: {what}" for old, new in pairs if (what := difference(old, new))]


def read(path: Path) -> dict[str, Record]:
    """Read a lock; OrthrusError names the file and line of a malformed row."""
    with open_text(path) as handle:
        rows = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise OrthrusError(f"{path}: is not a lock; its columns must be {', '.join(COLUMNS)}")
        records = [_record(row, f"{path}, line {rows.line_num}") for row in rows]
    return {record.path: record for record in records}


def write(records: Iterable[Record], path: Path) -> None:
    """Write records as a lock, sorted by path."""
    ordered = sorted(records, key=lambda record: record.path)
    lines = ["\t".join(COLUMNS), *("\t".join(map(str, asdict(row).values())) for row in ordered)]
    with atomic_file(path) as scratch:
        scratch.write_text("\n".join(lines) + "\n")


def write_record(record: Record, path: Path) -> None:
    """Write one record as JSON."""
    write_json(asdict(record), path)


def read_record(path: Path) -> Record:
    """Read a record that `write_record` wrote; OrthrusError when it is something else."""
    return _record(read_json(path), str(path))


def _record(values: Any, where: str) -> Record:
    try:
        if set(values) == set(COLUMNS) and all(values[column] for column in COLUMNS[::3]):
            return Record(**(values | {"bytes": int(values["bytes"])}))
    except (TypeError, ValueError):
        pass
    raise OrthrusError(f"{where}: is not a record of {', '.join(COLUMNS)}; fetch the file again")

"""`sources.lock`: which bytes a build was made from.

A tab-separated table with a header (path, url, bytes, sha256), sorted by path, so that a change
shows as a changed line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, read_json, write_json
from orthrus.sources import tsv

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


def read_lock(path: Path) -> dict[str, Record]:
    """Read a lock; OrthrusError names the file and line of a malformed row."""
    records: dict[str, Record] = {}
    for where, row in tsv.read_rows(path, COLUMNS, "a lock"):
        record = _record(row, where)
        if record.path in records:
            raise OrthrusError(f"{where}: lists {record.path} twice; keep one of the lines")
        records[record.path] = record
    return records


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
    if isinstance(values, dict) and values.keys() == set(COLUMNS):
        size, texts = str(values["bytes"]), [values[name] for name in ("path", "url", "sha256")]
        plain = all(isinstance(text, str) and text.isprintable() for text in texts)
        if plain and texts[0] and texts[2] and re.fullmatch("[0-9]{1,18}", size):
            return Record(**(values | {"bytes": int(size)}))
    raise OrthrusError(f"{where}: is not a record of {', '.join(COLUMNS)}; fetch the file again")

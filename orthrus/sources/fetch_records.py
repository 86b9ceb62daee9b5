"""Records of fetched files: what a file was when it came, to be compared before it is read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from orthrus.errors import OrthrusError
from orthrus.files import sha256
from orthrus.sources.sources_lock import Record, read_record

FOLDER = ".records"


def place(resources: Path, path: str) -> Path:
    """Return where the record of `host/path` lies."""
    return resources / FOLDER / f"{path}.json"


def find(path: Path) -> Record | None:
    """Return the record of a file below a resources folder, if it has one; links are followed."""
    for whole in dict.fromkeys((path.absolute(), Path(os.path.realpath(path)))):
        for folder in whole.parents:
            kept = place(folder, str(whole.relative_to(folder)))
            if kept.is_file():
                return read_record(kept)
    return None


def check(paths: Iterable[str | Path | None]) -> None:
    """Compare files with their records; one without a record is a file of one's own.

    Raises
    ------
    OrthrusError
        A file is not what was fetched.
    """
    for path in (Path(one) for one in paths if one is not None):
        record = find(path)
        if record and path.is_file():
            whole = path.stat().st_size == record.bytes
            if not whole or sha256(path) != record.sha256:
                raise OrthrusError(
                    f"{path}: is not the file that was fetched (its size or SHA-256 differs from"
                    " its record); delete it and fetch it again"
                )

"""Answers of BioMart: a query may fail with status 200, so its text has to say that it is whole."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

from orthrus.errors import OrthrusError
from orthrus.files import atomic_file
from orthrus.sources.partial import Partial
from orthrus.sources.transfer import Interrupted

STAMP = b"[success]\n"
_FAULT = b"Query ERROR"


def is_query(url: str) -> bool:
    """Tell whether a URL asks BioMart a question."""
    return "/martservice?" in url


def check(part: Partial) -> None:
    """Make sure that an answer is a table and is complete.

    Raises
    ------
    Interrupted
        The completion stamp is missing: BioMart gave up midway.
    OrthrusError
        BioMart refuses the query.
    """
    with open(part.path, "rb") as handle:
        head = handle.read(1000)
        handle.seek(max(0, part.size - len(STAMP)))
        tail = handle.read()
    if _FAULT in head:
        line = head[head.index(_FAULT) :].decode(errors="replace").splitlines()[0]
        part.restart()
        raise OrthrusError(f"{part.path.with_suffix('')}: BioMart answers {line!r}")
    if tail != STAMP:
        part.restart()
        raise Interrupted(
            f"{part.path.with_suffix('')}: BioMart's answer ends without its [success] stamp"
        )


def pack(path: Path) -> None:
    """Replace a checked answer by its gzip, without the stamp and without a time of day."""
    os.truncate(path, path.stat().st_size - len(STAMP))
    with (
        atomic_file(path) as scratch,
        open(path, "rb") as answer,
        open(scratch, "wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(answer, packed)

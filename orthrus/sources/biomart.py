"""Answers of BioMart: a query may fail with status 200, so its text has to say that it is whole."""

from __future__ import annotations

import gzip
import os
import shutil

from orthrus.errors import OrthrusError
from orthrus.files import atomic_file
from orthrus.sources.partial import Partial
from orthrus.sources.transfer import BrokenTransferError

STAMP = b"[success]\n"
_FAULT = b"Query ERROR"


def is_query(url: str) -> bool:
    """Tell whether a URL asks BioMart a question."""
    return "/martservice?" in url


def check(part: Partial) -> None:
    """Make sure that an answer is a table and is complete.

    Raises
    ------
    BrokenTransferError
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
        raise BrokenTransferError(
            f"{part.path.with_suffix('')}: BioMart's answer ends without its [success] stamp"
        )


def pack(part: Partial) -> None:
    """Replace a checked answer by its gzip, without the stamp and without a time of day."""
    part.disown()
    os.truncate(part.path, part.size - len(STAMP))
    with (
        atomic_file(part.path) as scratch,
        open(part.path, "rb") as answer,
        open(scratch, "wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
    ):
        shutil.copyfileobj(answer, packed)

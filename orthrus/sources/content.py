"""What a file of some name has to look like: a server may answer 200 with an error page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from orthrus.errors import OrthrusError
from orthrus.files import CHUNK, open_bytes
from orthrus.sources.answers import BrokenTransferError
from orthrus.sources.catalogue import Entry
from orthrus.sources.partial import Partial

_ZIP = (b"PK\x03\x04",)
_STARTS = {
    ".gz": (b"\x1f\x8b",),
    ".zip": _ZIP,
    ".npz": _ZIP,
    ".xlsx": _ZIP,
    ".parquet": (b"PAR1",),
    ".2bit": (b"\x1a\x41\x27\x43", b"\x43\x27\x41\x1a"),
}
"""How files of these suffixes start; a 2bit file in the order of bytes of either machine."""
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_HEAD = 512


def check(entry: Entry) -> Callable[[Partial], None]:
    """Return what makes sure that the bytes of an entry are what its name says.

    A gzip file without a published digest is read to its end, where its own checksum stands. What
    is wrong is forgotten and raised as `BrokenTransferError`: such pages often mean "later".
    """

    def look(part: Partial) -> None:
        if fault := _fault(part.path, entry):
            part.restart()
            raise BrokenTransferError(f"{entry.path}: {fault}")

    return look


def _fault(path: Path, entry: Entry) -> str:
    suffix = PurePosixPath(entry.path).suffix.lower()
    with open(path, "rb") as handle:
        head = handle.read(_HEAD)
    if not head:
        return "what came is empty"
    if suffix not in (".html", ".htm") and _PAGE.match(head):
        return f"what came is a web page: {_words(head)!r}"
    if not head.startswith(_STARTS.get(suffix, (b"",))):
        return f"what came is no {suffix} file; it starts with {head[:8]!r}"
    if suffix == ".gz" and entry.checksum_kind == "unpinned":
        return _gzip_fault(path)
    return ""


def _words(page: bytes) -> str:
    """Return the first words of a page, without its tags."""
    text = re.sub(r"<[^>]*>", " ", page.decode("utf-8-sig", errors="replace"))
    return " ".join(text.split())[:80]


def _gzip_fault(path: Path) -> str:
    try:
        with open_bytes(path) as stream:
            while stream.read(CHUNK):
                pass
    except OrthrusError:
        return "what came is a truncated or corrupt gzip file"
    return ""

"""How the answer of a server begins or continues a partial file."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from orthrus.sources.http_errors import BrokenTransferError, announced, version
from orthrus.sources.part_files import PartFile

Watch = Callable[[int, int | None], None]
"""What is called with the bytes that came, and with all of them where known."""


def begin(answer: httpx.Response, part: PartFile) -> int | None:
    """Start a partial file anew, and return how many bytes the whole file has, where known.

    A version that came before keeps the size that was announced first: no answer makes a file of
    the same version shorter.
    """
    tag, total = version(answer), announced(answer)
    if tag and tag == part.tag and part.total is not None:
        first = part.total
        part.restart(tag, first)
        if total not in (None, first):
            raise BrokenTransferError(
                f"{answer.url}: the server announces {total} bytes in place of {first}"
            )
        return first
    part.restart(tag, total)
    return total


def continues(answer: httpx.Response, part: PartFile) -> bool:
    """Tell whether a 206 answer goes on from the end of the partial file, in the same version.

    Without the size of the whole file nothing would tell whether its end is that of the file.
    """
    total = announced(answer)
    return (
        answer.headers.get("Content-Range", "").startswith(f"bytes {part.size}-")
        and version(answer) in ("", part.tag)
        and total is not None
        and part.total in (None, total)
    )


def finish_or_restart(answer: httpx.Response, part: PartFile) -> None:
    """Act on 416: the partial file is whole already, or of no use."""
    whole = answer.headers.get("Content-Range") == f"bytes */{part.size}"
    same = version(answer) in ("", part.tag) and part.total in (None, part.size)
    if not (whole and same):
        part.restart(part.tag, part.total)
        raise BrokenTransferError(
            f"{answer.url}: the server no longer has the rest of this file", wait=0
        )


def save(answer: httpx.Response, part: PartFile, total: int | None, watch: Watch) -> None:
    """Append the body to a partial file, and make sure that it is as long as announced."""
    with open(part.path, "ab") as handle:
        for chunk in answer.iter_raw():
            handle.write(chunk)
            watch(handle.tell(), total)
    size = part.size
    if total is not None and size != total:
        if announced(answer) is None:  # the body may be whole, and then nothing could follow it
            part.restart(part.tag, total)
        raise BrokenTransferError(f"{answer.url}: {size} of {total} bytes came")

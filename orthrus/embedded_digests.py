"""SHA-256 digests inside the files that stages hand on, checked before a file is parsed.

A digest within the file travels with every copy and needs no second file. There are two forms:

- a line of text, in the place that the format leaves free: before the footer of Parquet, which
  readers find from the end; in the metadata of safetensors; behind a zip archive of torch. The
  digest is that of the file with zeros in its place;
- in JSON, after the value, where only white space may stand: a line of 256 spaces and tabs, the
  bits of the digest of all that precedes it. Every reader of JSON sees the same value as without
  it, and a program that rewrites the file drops it.

The text is framed on both sides, so that damage to a frame is noticed too. A file without a seal
is one of another program or of an earlier version, and is accepted.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import re
from pathlib import Path
from typing import IO, NoReturn

from orthrus.errors import OrthrusError

KEY = "orthrus.sha256"
ZEROS = b"0" * 64
FRAME = KEY.encode()
EMPTY = b"%b:%b:%b" % (FRAME, ZEROS, FRAME)
"""A seal whose digest is still to be computed."""
DIGEST_AT = len(FRAME) + 1
SEAL = re.compile(rb"%b:([0-9a-f]{64}):%b" % (re.escape(FRAME), re.escape(FRAME)))
CHUNK = 1 << 20

BLANKS = 256
"""White space at the end of a sealed JSON file; others end with a few characters at most."""


def seal_parquet(path: Path) -> None:
    """Put a seal before the footer of a Parquet file that was just written."""
    with path.open("r+b") as handle:
        handle.seek(-8, os.SEEK_END)
        footer = int.from_bytes(handle.read(4), "little") + 8
        handle.seek(-footer, os.SEEK_END)
        at, rest = handle.tell(), handle.read()
        handle.seek(at)
        handle.write(EMPTY + rest)
        _fill(handle, at)


def append(path: Path) -> None:
    """Put a seal at the end of a file whose readers ignore what follows, as those of zip do."""
    with path.open("r+b") as handle:
        at = handle.seek(0, os.SEEK_END)
        handle.write(EMPTY)
        _fill(handle, at)


def seal_safetensors(content: bytes) -> bytes:
    """Return the content of a safetensors file with a seal in its metadata.

    The library writes several keys of metadata in an order of its own at each time: it must have
    been given one at most.
    """
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["__metadata__"] = header.get("__metadata__", {}) | {KEY: EMPTY.decode()}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    sealed = len(text).to_bytes(8, "little") + text + content[8 + size :]
    digest = hashlib.sha256(sealed).hexdigest().encode()
    return sealed.replace(EMPTY, EMPTY.replace(ZEROS, digest), 1)


def _fill(handle: IO[bytes], at: int) -> None:
    """Write the digest of a file into its empty seal, which starts at `at`."""
    digest = _digest(handle, at + DIGEST_AT)
    handle.seek(at + DIGEST_AT)
    handle.write(digest.encode())


def check(handle: IO[bytes], path: str | Path) -> bool:
    """Check the seal of an open file, go back to its start, and tell whether it has a seal.

    Raises
    ------
    OrthrusError
        The file's bytes do not have the digest that its seal records.
    """
    last = _last_frame(handle)
    if last < 0:
        return False
    start = last - len(EMPTY) + len(FRAME)
    handle.seek(max(start, 0))
    found = SEAL.fullmatch(handle.read(len(EMPTY)))
    if start < 0 or found is None or _digest(handle, start + DIGEST_AT) != found[1].decode():
        _refuse(path)
    handle.seek(0)
    return True


def _last_frame(handle: IO[bytes]) -> int:
    """Return where the last frame of a seal starts, -1 where there is none."""
    if not os.fstat(handle.fileno()).st_size:
        return -1
    with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.rfind(FRAME)


def _digest(handle: IO[bytes], at: int) -> str:
    """Return the SHA-256 of a file with zeros in place of the digest at `at`."""
    state = hashlib.sha256()
    handle.seek(0)
    left = at
    while left and (chunk := handle.read(min(CHUNK, left))):
        state.update(chunk)
        left -= len(chunk)
    handle.seek(len(ZEROS), os.SEEK_CUR)
    state.update(ZEROS)
    while chunk := handle.read(CHUNK):
        state.update(chunk)
    return state.hexdigest()


def seal_json(content: bytes) -> bytes:
    """Return JSON, which ends with a line feed, with its seal."""
    return content + _blanks(content)


def check_json(content: bytes, path: str | Path) -> None:
    """Check the seal of JSON, if it has one; OrthrusError as from `check`."""
    value = content.rstrip(b" \t\r\n")
    if len(content) - len(value) < BLANKS // 2:
        return
    if content != seal_json(content[: -BLANKS - 1]):
        _refuse(path)


def _blanks(content: bytes) -> bytes:
    digest = int.from_bytes(hashlib.sha256(content).digest())
    return f"{digest:0256b}\n".translate(str.maketrans("01", " \t")).encode()


def _refuse(path: str | Path) -> NoReturn:
    raise OrthrusError(
        f"{path}: is damaged or was edited: its bytes do not have the SHA-256 that it records; "
        "make it again"
    )

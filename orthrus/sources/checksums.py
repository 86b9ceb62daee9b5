"""Digests of files, and the checksum files that servers publish beside their files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from orthrus.errors import OrthrusError
from orthrus.files import CHUNK, open_existing


def digests(path: Path, kinds: set[str]) -> dict[str, str]:
    """Return the hexadecimal digests of a file, all from one reading.

    Parameters
    ----------
    path
        The file.
    kinds
        Names known to hashlib, e.g. `{"md5", "sha256"}`.
    """
    sums = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
    with open_existing(path) as handle:
        while chunk := handle.read(CHUNK):
            for running in sums.values():
                running.update(chunk)
    return {kind: running.hexdigest() for kind, running in sums.items()}


def parse(text: str, where: str) -> dict[str, str]:
    """Return file name → MD5 of a checksum file as `md5sum` writes it.

    A name may be marked as binary (`*name`) or be written as `./name`.

    Raises
    ------
    OrthrusError
        It lists nothing, or a line is not a digest and a name (an error page, for example).
    """
    listed: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        digest, _, name = line.strip().partition(" ")
        name = name.strip().removeprefix("*").removeprefix("./")
        if len(digest) != 32 or not set(digest.lower()) <= set("0123456789abcdef") or not name:
            raise OrthrusError(f"{where}, line {number}: not an MD5 and a file name")
        if listed.setdefault(name, digest.lower()) != digest.lower():
            raise OrthrusError(f"{where}, line {number}: a second MD5 of {name}")
    if not listed:
        raise OrthrusError(f"{where}: lists no file")
    return listed

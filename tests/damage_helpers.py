"""Damage to one file, and digests of many."""

from __future__ import annotations

import hashlib
from pathlib import Path


def flip(path: Path, at: int | None = None) -> None:
    """Flip bits of one byte of a file: that at `at`, or the middle one."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if at is None else at] ^= 0x29
    path.write_bytes(content)


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder, by its path in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

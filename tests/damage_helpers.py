"""Damage to one file, digests of many, and full disks."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGE = 4096


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


@contextlib.contextmanager
def full_disk(folder: Path, pages: int) -> Iterator[Path]:
    """Mount a disk with so many free pages at a folder; skip the test where none can be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={16 * PAGE}", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs to mount a file system")
    try:
        (folder / "filler").write_bytes(bytes((16 - pages) * PAGE))
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)

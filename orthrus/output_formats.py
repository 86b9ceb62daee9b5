"""Names of files to write: what they may be, and the format that their suffix says."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TypeVar

from orthrus.errors import OrthrusError

P = TypeVar("P", Path, Path | None)


def suffix_of(path: Path, *known: str, otherwise: str = "") -> str:
    """Return the suffix of a file to write.

    Raises
    ------
    OrthrusError
        It is none of `known`; `otherwise` says what else helps than another name.
    """
    if path.suffix in known:
        return path.suffix
    names = " or ".join(filter(None, (", ".join(known[:-1]), known[-1])))
    raise OrthrusError(
        f"{path}: its suffix is none of those known here; name it {names}{otherwise}"
    )


def plain(path: P) -> P:
    """Take the name of a file or folder to write, as an option's callback: before any work.

    Raises
    ------
    OrthrusError
        It is a symbolic link, a device, a pipe or a socket, which would be replaced.
    """
    if path is None:
        return path
    try:
        mode = os.lstat(path).st_mode
    except OSError:  # it is not there; whether it can be, writing will tell
        return path
    if stat.S_ISLNK(mode):
        target = Path(os.path.realpath(path))  # Path.resolve raises on loops
        named = f"name {target}" if target.is_file() or target.is_dir() else "name a file"
        raise OrthrusError(
            f"{path}: is a symbolic link to {path.readlink()}, which would be replaced; {named}"
        )
    for is_kind, kind in _SPECIAL.items():
        if is_kind(mode):
            raise OrthrusError(
                f"{path}: is a {kind}, which would be replaced; write to a file, then copy it"
            )
    return path


_SPECIAL = {
    stat.S_ISCHR: "device",
    stat.S_ISBLK: "device",
    stat.S_ISFIFO: "pipe",
    stat.S_ISSOCK: "socket",
}


def table(path: Path) -> Path:
    """Take the name of a table to write, as an option's callback: before any work.

    Raises
    ------
    OrthrusError
        It is not named as Parquet, or is a link or a device.
    """
    suffix_of(path, ".parquet")
    return plain(path)

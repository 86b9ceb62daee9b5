"""Names of files to write: their suffix says the format."""

from __future__ import annotations

from pathlib import Path

from orthrus.errors import OrthrusError


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


def table(path: Path) -> Path:
    """Take the name of a table to write, as an option's callback: before any work.

    Raises
    ------
    OrthrusError
        It is not named as Parquet.
    """
    suffix_of(path, ".parquet")
    return path

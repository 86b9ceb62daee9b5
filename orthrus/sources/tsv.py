"""Small tab-separated tables with a header, as catalogues and locks are, read strictly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orthrus.errors import OrthrusError
from orthrus.files import open_text


def read_rows(
    path: Path, columns: tuple[str, ...], what: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every row that is not blank, as file and line for messages and its fields by column.

    Parameters
    ----------
    path
        Plain or gzip.
    columns
        What the header must hold; other columns may be there too.
    what
        What the table is, for the message about another one.

    Raises
    ------
    OrthrusError
        A column is missing or repeated, a row has more or fewer fields than the header, or the file
        is no text.
    """
    with open_text(path) as handle:
        header = handle.readline().rstrip("\n").split("\t")
        if any(header.count(name) != 1 for name in columns):
            raise OrthrusError(f"{path}: is not {what}; its columns must be {', '.join(columns)}")
        for number, line in enumerate(handle, start=2):
            if not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            where = f"{path}, line {number}"
            if len(fields) != len(header):
                raise OrthrusError(f"{where}: not {len(header)} tab-separated fields")
            yield where, dict(zip(header, fields, strict=True))

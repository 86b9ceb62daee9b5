"""Tab-separated lines as columns of text, with the line number and whether the count is right."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import open_bytes

OVERFLOW = "_overflow"


def read_bytes(path: str | Path) -> bytes:
    """Read a whole file, decompressed; OrthrusError when it cannot be read or is empty."""
    with open_bytes(path) as handle:
        data = handle.read()
    if not data or data.isspace():
        raise OrthrusError(f"{path}: is empty; fetch the file again")
    return data


def columns(data: bytes, names: tuple[str, ...], path: str | Path) -> pl.DataFrame:
    """Split lines at tabs; blank lines and lines that start with `#` are left out.

    Parameters
    ----------
    data
        The file's content (UTF-8).
    names
        Names of the columns; an empty field is null.
    path
        The file, named in error messages.

    Returns
    -------
    pl.DataFrame
        `source_row` (Int64, line number from 1), the named columns (String) and `fault`, which is
        `columns` where a line has more or fewer fields than `names`, else null.

    Raises
    ------
    OrthrusError
        The text is not UTF-8.
    """
    frame = _split(data, names, path)
    content = pl.col(names[0]).is_not_null() | pl.col(names[1]).is_not_null()
    comment = pl.col(names[0]).str.starts_with("#").fill_null(False)
    miscounted = pl.col(names[-1]).is_null() | pl.col(OVERFLOW).is_not_null()
    return frame.filter(content & ~comment).select(
        pl.col("source_row").cast(pl.Int64),
        *names,
        pl.when(miscounted).then(pl.lit("columns")).alias("fault"),
    )


def whole_lines(path: Path, names: tuple[str, ...], expected: str) -> pl.DataFrame:
    """Read a file whose every line must have the named fields; OrthrusError says what is expected.

    Returns the table of `columns`.
    """
    table = columns(read_bytes(path), names, path)
    faulty = table.filter(pl.col("fault").is_not_null())
    if len(faulty):
        raise OrthrusError(f"{path}: line {faulty['source_row'][0]}: expected {expected}")
    return table


def _split(data: bytes, names: tuple[str, ...], path: str | Path) -> pl.DataFrame:
    """Return every line, with its number and a last column that holds what is beyond `names`."""
    schema = dict.fromkeys((*names, OVERFLOW), pl.String())
    # polars takes the number of columns from the first line: give it one that has all of them.
    # It also makes the row index the line number.
    first = b"\t" * len(names) + b"\n"
    try:
        return pl.read_csv(
            first + data,
            separator="\t",
            has_header=False,
            schema=schema,
            quote_char=None,
            truncate_ragged_lines=True,
            row_index_name="source_row",
        )
    except pl.exceptions.ComputeError as error:
        raise OrthrusError(f"{path}: cannot be read as tab-separated UTF-8 text: {error}") from None

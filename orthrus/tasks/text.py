"""Published tables as columns of text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import MAX_TEXT, open_bytes

BLANKS = " \t\r\v\f"


def read(
    path: Path, separator: str = "\t", header: bool = True, comment: str | None = None
) -> pl.DataFrame:
    """Read a table (UTF-8, gzip or not), every field as text; an empty one is null.

    Without `header`, columns are called column_1, column_2, …; lines that start with `comment` do
    not count.

    Raises
    ------
    OrthrusError
        The file cannot be read, is empty, is not UTF-8, has more than `MAX_TEXT` bytes, or a line
        has more or fewer fields than the first.
    """
    with open_bytes(path) as handle:
        content = handle.read(MAX_TEXT + 1)
    if len(content) > MAX_TEXT:
        raise OrthrusError(f"{path}: has more than {MAX_TEXT:,} bytes when decompressed")
    if not content.strip():
        raise OrthrusError(f"{path}: is empty; fetch the file again")
    try:
        frame = pl.read_csv(
            io.BytesIO(content),
            separator=separator,
            has_header=header,
            infer_schema=False,
            comment_prefix=comment,
            quote_char='"' if separator == "," else None,
        )
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise OrthrusError(f"{path}: is no table of text: {reason}") from None
    _refuse_short(content, frame.width, separator, comment, path)
    if not header:
        frame.columns = [f"column_{at}" for at in range(1, frame.width + 1)]
    blank = pl.all_horizontal(pl.all().str.strip_chars(BLANKS).fill_null("") == "")
    return frame.filter(~blank)


def _refuse_short(
    content: bytes, width: int, separator: str, comment: str | None, path: Path
) -> None:
    """Refuse lines with other than `width` fields, which polars would fill with nulls."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if separator == "," else csv.QUOTE_NONE
    with io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter=separator, quoting=quoting)
        try:
            for fields in rows:
                remark = comment and fields and fields[0].startswith(comment)
                if "".join(fields).strip(BLANKS) and not remark and len(fields) != width:
                    raise OrthrusError(
                        f"{path}: line {rows.line_num}: expected {width} fields, got {len(fields)}"
                    )
        except UnicodeDecodeError:
            raise OrthrusError(f"{path}: is no table of text: it is not UTF-8") from None
        except csv.Error as error:
            raise OrthrusError(f"{path}: line {rows.line_num}: {error}") from None


def require(frame: pl.DataFrame, path: Path, what: str, columns: Sequence[str]) -> None:
    """Make sure that a table has some columns; OrthrusError says `what` it should be."""
    if missing := [name for name in columns if name not in frame.columns]:
        raise OrthrusError(
            f"{path}: is not {what}: it has no column {missing[0]!r}, but "
            f"{', '.join(frame.columns[:8])}"
        )


def numbers(frame: pl.DataFrame, column: str, path: Path) -> pl.Series:
    """Return a column of text as float64, null where it is empty or NA.

    Raises
    ------
    OrthrusError
        A field is neither empty, NA nor a number.
    """
    text = frame[column].str.strip_chars()
    empty = text.is_null() | text.str.to_lowercase().is_in(["", "na", "nan"])
    values = text.cast(pl.Float64, strict=False)
    if (wrong := text.filter(values.is_null() & ~empty)).len():
        raise OrthrusError(f"{path}: {wrong[0]!r} in column {column!r} is not a number")
    return values.fill_nan(None)

"""Published tables as columns of text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import MAX_TEXT, open_bytes

BLANKS = " \t\r\v\f"
DECIMAL_COMMA = r"^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$"
_BLANKS = r"(?:[ '\u2019\xa0\u202f]\d{3})+(?:[.,]\d*)?"
THOUSANDS = rf"^[+-]?\d{{1,3}}(?:(?:,\d{{3}})+(?:\.\d*)?|(?:\.\d{{3}})+,\d*|{_BLANKS})$"


def read_text_columns(
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
    content = read_bytes(path)
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


def read_bytes(path: Path) -> bytes:
    """Read a small file whole, decompressed; OrthrusError where it is blank or too large."""
    with open_bytes(path) as handle:
        content = handle.read(MAX_TEXT + 1)
    if len(content) > MAX_TEXT:
        raise OrthrusError(f"{path}: has more than {MAX_TEXT:,} bytes when decompressed")
    if not content.strip():
        raise OrthrusError(f"{path}: is empty; fetch the file again")
    return content


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


def numbers(
    frame: pl.DataFrame,
    column: str,
    path: Path,
    decimal: str = ".",
    lines: Sequence[int] | None = None,
) -> pl.Series:
    """Return a column of text as float64, null where it is empty or NA.

    Parameters
    ----------
    decimal
        What stands before the decimals.
    lines
        The line of the file of each row, for messages.

    Raises
    ------
    OrthrusError
        A field is neither empty, NA nor a number.
    """
    text = frame[column].str.strip_chars()
    empty = text.is_null() | text.str.to_lowercase().is_in(["", "na", "nan"])
    values = parsed(text, decimal)
    wrong = (values.is_null() & ~empty).arg_true()
    if len(wrong):
        line = f"line {lines[wrong[0]]}: " if lines else ""
        value = text[wrong[0]]
        raise OrthrusError(f"{path}: {line}{value!r} in column {column!r} {_fault(value, decimal)}")
    return values.fill_nan(None)


def parsed(text: pl.Series, decimal: str) -> pl.Series:
    """Return numbers as float64, null where a text is none."""
    if decimal == ",":
        text = text.set(text.str.contains(".", literal=True), None).str.replace(",", ".")
    return text.cast(pl.Float64, strict=False)


def is_foreign(text: pl.Series) -> pl.Series:
    """Return whether texts are numbers with a decimal comma or thousands separators."""
    return text.str.contains(DECIMAL_COMMA) | text.str.contains(THOUSANDS)


def _fault(value: str, decimal: str) -> str:
    """Say why a text is no number."""
    if decimal == "." and re.match(DECIMAL_COMMA, value):
        return (
            "has a decimal comma; give --decimal , to `orthrus tasks add` (custom.decimal), or "
            "take the comma away where it separates thousands"
        )
    if decimal == "," and re.fullmatch(r"[+-]?\d*\.\d+", value):
        return "has a decimal point, but custom.decimal is a comma"
    if re.match(THOUSANDS, value):
        return "has thousands separators; take them away"
    return "is not a number"

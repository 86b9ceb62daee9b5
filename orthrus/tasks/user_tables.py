"""Tables as people write them: by hand, with a spreadsheet in any locale, or with R.

R quotes texts, gives rows a name of their own, and leaves the name of that column out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.tasks.text import read_bytes

ROW_NAMES = "row.names"
LOOK_AT = 20
"""Lines in which quotes are looked for."""


@dataclass(frozen=True)
class Sheet:
    """A table of text, null where a field is empty, and the line of the file of every row."""

    frame: pl.DataFrame
    lines: Sequence[int]


def read_sheet(path: Path) -> Sheet:
    """Read a table (UTF-8, gzip or not), separated by tabs, semicolons, commas or R's blanks.

    Raises
    ------
    OrthrusError
        The file cannot be read, is empty or too large, is not UTF-8, or a line has more or fewer
        fields than the first; that may have one less than all others, which is R's.
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OrthrusError(f"{path}: is no table of text: it is not UTF-8") from None
    separator = _separator(text)
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL
    if separator == "\t" and not _is_quoted(text):
        quoting = csv.QUOTE_NONE
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)
    try:
        numbered = [(rows.line_num, row) for row in rows if any(map(str.strip, row))]
    except csv.Error as error:
        raise OrthrusError(f"{path}: line {rows.line_num}: {error}") from None
    if not numbered:
        raise OrthrusError(f"{path}: is empty")
    (_, header), *body = numbered
    if body and all(len(row) == len(header) + 1 for _, row in body):
        header = ["", *header]
    for line, row in body:
        if len(row) != len(header):
            raise OrthrusError(
                f"{path}: line {line}: expected {len(header)} fields, got {len(row)}"
            )
    return Sheet(_without_numbers(_frame(header, [row for _, row in body])), [n for n, _ in body])


def _separator(text: str) -> str:
    """Return the one of tab, semicolon and comma that the first line has most of, outside quotes.

    Where it has none of them but quotes, blanks separate. A header that is one name in quotes is
    R's, so the next line decides.
    """
    header, _, rest = text.lstrip().partition("\n")
    lines = [header.strip(), rest.partition("\n")[0]]
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]
    line = bare[0] or bare[1]
    found = max("\t;,", key=line.count)
    quoted = bare[0] != lines[0]
    return " " if quoted and found not in line and " " in line else found


def _is_quoted(text: str) -> bool:
    """Tell whether one of the first fields stands in quotes; a single quote is a letter."""
    head = "\n".join(text.splitlines()[:LOOK_AT])
    return re.search(r'(^|\t)"[^"\t]*"(\t|$)', head, re.MULTILINE) is not None


def _frame(header: list[str], body: list[list[str]]) -> pl.DataFrame:
    columns = zip(*body, strict=True) if body else [()] * len(header)
    names: list[str] = []
    for at, name in enumerate(header):
        named = name or (ROW_NAMES if at == 0 else f"column_{at + 1}")
        names.append(f"{named}_duplicated_{at}" if named in names else named)
    return pl.DataFrame(
        {
            name: pl.Series([field or None for field in column], dtype=pl.String)
            for name, column in zip(names, columns, strict=True)
        }
    )


def _without_numbers(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave R's names of rows out where they only count."""
    counted = [str(number) for number in range(1, len(frame) + 1)]
    if frame.columns[0] == ROW_NAMES and frame[ROW_NAMES].to_list() == counted:
        return frame.drop(ROW_NAMES)
    return frame

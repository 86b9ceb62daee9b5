"""Tab-separated lines as columns of text, with the line number and whether the count is right.

A gene table is read in blocks of whole lines, so that its text is never in memory at once; the
small files beside it are one block. Both have a limit, against which gzip bombs run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import open_bytes

OVERFLOW = "_overflow"
BLOCK = 1 << 23
MAX_LINE = 1 << 25
"""The longest line of hg38 ncbiRefSeq has 6,000 bytes."""
MAX_COMPANION = 1 << 30
"""Bytes of a file that is read whole, decompressed."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes
    ----------
    parts
        The text, cut anywhere.
    before
        The number of lines before it.
    """

    parts: tuple[bytes, ...]
    before: int = 0

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that are not blank, without their ends."""
        every = BytesIO(b"".join(self.parts))
        return (line.rstrip(b"\r\n") for line in every if line.strip())


def blocks(path: str | Path, limit: int) -> Iterator[Block]:
    """Yield a file in blocks, decompressed.

    Raises
    ------
    OrthrusError
        The file cannot be read, is blank, has more than `limit` bytes or a line of more than
        `MAX_LINE`.
    """
    before = size = 0
    blank = True
    with open_bytes(path) as handle:
        while data := handle.read(min(BLOCK, limit + 1)):
            tail = b"" if data.endswith(b"\n") else handle.readline(MAX_LINE)
            if len(tail) == MAX_LINE and not tail.endswith(b"\n"):
                raise OrthrusError(f"{path}: holds a line of more than {MAX_LINE:,} bytes")
            size += len(data) + len(tail)
            if size > limit:
                raise OrthrusError(
                    f"{path}: has more than {limit:,} bytes when decompressed; if that is right, "
                    f"raise {called('max_bytes')}"
                )
            blank = blank and data.isspace() and not tail.strip()
            if not blank:
                yield Block((data, tail), before)
            before += data.count(b"\n") + tail.count(b"\n")
    if blank:
        raise OrthrusError(f"{path}: is empty; fetch or write it again")


def called(key: str) -> str:
    """Name a setting of the annotation as `--set` takes it."""
    return f"annotation.{key} (in orthrus annotation build: {key})"


def read_whole(path: str | Path, limit: int = MAX_COMPANION) -> Block:
    """Read a small file as one block; OrthrusError as in `blocks`."""
    return Block(tuple(part for block in blocks(path, limit) for part in block.parts))


def columns(block: Block, names: tuple[str, ...], path: str | Path) -> pl.DataFrame:
    """Split lines at tabs; lines of blanks and lines that start with `#` are left out.

    Parameters
    ----------
    block
        Lines of the file (UTF-8).
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
    frame = _split(block, names, path)
    every = pl.col(*names, OVERFLOW)
    content = pl.any_horizontal(every.is_not_null())
    first = frame[names[0]]
    if (first.is_null() | first.str.contains(r"^[ \r\v\f]")).any():
        content = pl.any_horizontal(every.str.contains(r"[^ \t\r\v\f]").fill_null(False))
    comment = pl.col(names[0]).str.starts_with("#").fill_null(False)
    miscounted = pl.col(names[-1]).is_null() | pl.col(OVERFLOW).is_not_null()
    rows = frame.select(content & ~comment).to_series()
    head = rows.arg_max() or 0
    # Comments nearly always stand before the rows: then nothing is copied.
    frame = frame[head:] if rows[head:].all() else frame.filter(rows)
    return frame.select(
        pl.col("source_row").cast(pl.Int64) + block.before,
        *names,
        pl.when(miscounted).then(pl.lit("columns")).alias("fault"),
    )


def gene_rows(block: Block, names: tuple[str, ...], path: str | Path) -> pl.DataFrame:
    """Return `columns` without the lines that tell a browser how to show a table."""
    table = columns(block, names, path)
    if not table["fault"].count():
        return table
    told = pl.col(names[0]).str.contains(r"^(track|browser)(\s|$)").fill_null(False)
    return table.filter(~(told & (pl.col("fault") == "columns").fill_null(False)))


def fields(block: Block) -> npt.NDArray[np.int64]:
    """Return how many fields each line has, (lines,), empty last ones too."""
    text = np.frombuffer(b"".join((*block.parts, b"\n")), dtype=np.uint8)
    tabs, ends = (np.flatnonzero(text == ord(end)) for end in "\t\n")
    return np.diff(np.searchsorted(tabs, ends), prepend=0) + 1


def counted(table: pl.DataFrame, block: Block, count: int) -> pl.DataFrame:
    """Return a table of `columns` whose last field may be empty, with the `fault` of its lines."""
    found = fields(block)[table["source_row"].to_numpy() - block.before - 1]
    return table.with_columns(fault=pl.when(pl.Series(found) != count).then(pl.lit("columns")))


def refuse_miscounted(table: pl.DataFrame, block: Block, count: int, path: str | Path) -> None:
    """Refuse a table of `columns`, whose last field may be empty, if a line has too few or many.

    Raises
    ------
    OrthrusError
        A line has not `count` fields.
    """
    lines = table["source_row"].to_numpy() - block.before
    counts = fields(block)[lines - 1]
    for row in np.flatnonzero(counts != count)[:1]:
        raise OrthrusError(
            f"{path}: line {lines[row]}: expected {count} tab-separated fields, got {counts[row]}"
        )


def whole_lines(path: Path, names: tuple[str, ...], expected: str) -> pl.DataFrame:
    """Read a file whose every line must have the named fields; OrthrusError says what is expected.

    Returns the table of `columns`.
    """
    table = columns(read_whole(path), names, path)
    faulty = table.filter(pl.col("fault").is_not_null())
    if len(faulty):
        raise OrthrusError(f"{path}: line {faulty['source_row'][0]}: expected {expected}")
    return table


def _split(block: Block, names: tuple[str, ...], path: str | Path) -> pl.DataFrame:
    """Return every line, with its number and a last column that holds what is beyond `names`."""
    schema = dict.fromkeys((*names, OVERFLOW), pl.String())
    # polars takes the number of columns from the first line: give it one that has all of them.
    # It also makes the row index the line number.
    first = b"\t" * len(names) + b"\n"
    try:
        return pl.read_csv(
            b"".join((first, *block.parts)),
            separator="\t",
            has_header=False,
            schema=schema,
            quote_char=None,
            truncate_ragged_lines=True,
            row_index_name="source_row",
        )
    except pl.exceptions.ComputeError as error:
        message = " ".join(str(error).split())
        raise OrthrusError(
            f"{path}: cannot be read as tab-separated UTF-8 text: {message}"
        ) from None

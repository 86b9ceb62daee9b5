"""Reading the tables of Ensembl BioMart, of any species and release."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from orthrus.annotation.lines import Block, columns, read_whole, refuse_miscounted
from orthrus.errors import OrthrusError
from orthrus.strings import filled

STAMP, FAULT = "[success]", "Query ERROR"


def read_biomart(
    path: Path, what: str, headers: Mapping[str, str], required: Sequence[str]
) -> pl.DataFrame:
    """Read a tab-separated table (gzip or not), which may be several answers end to end.

    Parameters
    ----------
    what
        What the table holds, for messages.
    headers
        A pattern of the header of every column, matched without case.
    required
        The columns without which it is not such a table; the first one is never empty.

    Returns
    -------
    pl.DataFrame
        `line` (of the file, from 1) and the columns of `headers` as text, null where empty or
        where the table lacks the column. Completion stamps and repeated headers are left out.

    Raises
    ------
    OrthrusError
        The file is not such a table, a query failed, or a line has more or fewer fields than the
        header or an empty first one.
    """
    block = read_whole(path)
    header, _, _ = block.parts[0].partition(b"\n")
    found = header.decode(errors="replace").rstrip("\r").split("\t")
    places = _find_columns(path, what, found, headers, required)
    table = columns(block, tuple(f"c{place}" for place in range(len(found))), path)
    table = table.filter((pl.col("source_row") > 1) & ~pl.col("c0").is_in([STAMP]).fill_null(False))
    _refuse_faults(path, table, block, f"c{places[required[0]]}", len(found))
    texts = [
        (filled(pl.col(f"c{places[name]}")) if name in places else pl.lit(None, pl.String)).alias(
            name
        )
        for name in headers
    ]
    named = table.select(pl.col("source_row").alias("line"), *texts)
    return named.filter(pl.col(required[0]) != found[places[required[0]]].strip())


def _refuse_faults(path: Path, table: pl.DataFrame, block: Block, first: str, count: int) -> None:
    failed = table.filter(pl.any_horizontal(pl.col(pl.String).str.contains(FAULT, literal=True)))
    if len(failed):
        line, text = failed.select("source_row", "c0").row(0)
        raise OrthrusError(f"{path}: line {line}: BioMart answers {text!r}; fetch it again")
    refuse_miscounted(table, block, count, path)
    nameless = table.filter(filled(pl.col(first)).is_null())
    if len(nameless):
        raise OrthrusError(f"{path}: line {nameless['source_row'][0]}: names no gene")


def _find_columns(
    path: Path, what: str, found: list[str], headers: Mapping[str, str], required: Sequence[str]
) -> dict[str, int]:
    """Return which column of `headers` stands at which place of the file."""
    places = {
        name: place
        for name, pattern in headers.items()
        for place, header in enumerate(found)
        if re.fullmatch(pattern, header.strip(), re.IGNORECASE)
    }
    if missing := [name for name in required if name not in places]:
        raise OrthrusError(
            f"{path}: line 1: not a BioMart table of {what}: no column like "
            f"{' or '.join(repr(headers[name]) for name in missing)} among {found[:6]}"
        )
    return places

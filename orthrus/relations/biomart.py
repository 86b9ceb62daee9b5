"""Reading the tables of Ensembl BioMart, of any species and release."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import open_bytes
from orthrus.relations.stores import filled

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
        The file is not such a table, or a query failed.
    """
    table = _parse(path)
    columns = _find_columns(path, what, table.columns, headers, required)
    texts = [
        (filled(pl.col(columns[name])) if name in columns else pl.lit(None, pl.String)).alias(name)
        for name in headers
    ]
    named = table.select(texts).with_row_index("line", offset=2)
    first = pl.col(required[0])
    failed = named.filter(first.str.contains(FAULT, literal=True))
    if len(failed):
        line, text = failed.select("line", first).row(0)
        raise OrthrusError(f"{path}: line {line}: BioMart answers {text!r}; fetch it again")
    return named.filter(first.is_not_null() & ~first.is_in([STAMP, columns[required[0]]]))


def _parse(path: Path) -> pl.DataFrame:
    with open_bytes(path) as handle:
        text = handle.read()
    try:
        return pl.read_csv(io.BytesIO(text), separator="\t", quote_char=None, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise OrthrusError(
            f"{path}: is not a tab-separated table ({reason}); fetch it again"
        ) from None


def _find_columns(
    path: Path, what: str, found: list[str], headers: Mapping[str, str], required: Sequence[str]
) -> dict[str, str]:
    """Return which header of the file is which column of `headers`."""
    columns = {
        name: header
        for name, pattern in headers.items()
        for header in found
        if re.fullmatch(pattern, header.strip(), re.IGNORECASE)
    }
    if missing := [name for name in required if name not in columns]:
        raise OrthrusError(
            f"{path}: line 1: not a BioMart table of {what}: no column like "
            f"{' or '.join(repr(headers[name]) for name in missing)} among {found[:6]}"
        )
    return columns

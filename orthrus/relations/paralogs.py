"""Reading Ensembl BioMart's table of paralogs, of any species."""

from __future__ import annotations

import io
import re
from pathlib import Path

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.files import open_bytes
from orthrus.relations.stores import filled, unversioned

HEADERS = {
    "gene_id": r"gene stable id( version)?",
    "gene_name": r"gene name",
    "paralog_id": r".+ paralogue gene stable id( version)?",
    "paralog_name": r".+ paralogue associated gene name",
    "target": r"paralogue %id\. target .+ gene identical to query gene",
    "query": r"paralogue %id\. query gene identical to target .+ gene",
}
"""Display names of BioMart's columns, without case; those of the paralog name the species."""

REQUIRED = ("gene_id", "paralog_id")
STAMP = "[success]"


def read_paralogs(path: Path) -> pl.DataFrame:
    """Read a paralog table (tab-separated, gzip or not).

    Returns
    -------
    pl.DataFrame
        `gene_id`, `gene_name`, `paralog_id`, `paralog_name` (ids without version; null where
        empty), and `target`, `query`: Float64, percent of the target gene identical to the query
        gene and the other way round, null where the table does not tell.

    Raises
    ------
    OrthrusError
        The file is not such a table, a column is missing, or an identity is not 0 to 100.
    """
    with open_bytes(path) as handle:
        table = _parse(path, handle.read())
    columns = _find_columns(path, table.columns)
    texts = [
        (filled(pl.col(columns[name])) if name in columns else pl.lit(None, pl.String)).alias(name)
        for name in HEADERS
    ]
    named = table.select(texts).with_row_index("line", offset=2)
    named = named.filter(pl.col("gene_id").is_not_null() & (pl.col("gene_id") != STAMP))
    return named.select(
        unversioned(pl.col("gene_id")),
        "gene_name",
        unversioned(pl.col("paralog_id")),
        "paralog_name",
        _percent(path, named, "target"),
        _percent(path, named, "query"),
    )


def _parse(path: Path, text: bytes) -> pl.DataFrame:
    try:
        return pl.read_csv(io.BytesIO(text), separator="\t", quote_char=None, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise OrthrusError(
            f"{path}: is not a tab-separated table ({reason}); fetch it again"
        ) from None


def _find_columns(path: Path, headers: list[str]) -> dict[str, str]:
    """Return which header is which column of `HEADERS`."""
    found = {
        name: header
        for name, pattern in HEADERS.items()
        for header in headers
        if re.fullmatch(pattern, header.strip(), re.IGNORECASE)
    }
    if missing := [name for name in REQUIRED if name not in found]:
        raise OrthrusError(
            f"{path}: line 1: not a BioMart paralog table: no column like "
            f"{' or '.join(repr(HEADERS[name]) for name in missing)} among {headers[:6]}"
        )
    return found


def _percent(path: Path, named: pl.DataFrame, name: str) -> pl.Series:
    values = named[name].cast(pl.Float64, strict=False)
    bad = named[name].is_not_null() & ~values.is_between(0, 100).fill_null(False)
    if bad.any():
        line, text = named.filter(bad).select("line", name).row(0)
        raise OrthrusError(f"{path}: line {line}: identity {text!r} is not a percentage")
    return values

"""Reading Ensembl BioMart's table of paralogs, of any species."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.identifiers import comparable
from orthrus.relations.biomart import read_biomart

HEADERS = {
    "gene_id": r"gene stable id( version)?|ensembl_gene_id(_version)?",
    "gene_name": r"gene name|external_gene_name",
    "paralog_id": r".+ paralogue gene stable id( version)?|\w+_paralog_ensembl_gene",
    "paralog_name": r".+ paralogue associated gene name|\w+_paralog_associated_gene_name",
    "target": r"paralogue %id\. target .+ gene identical to query gene|\w+_paralog_perc_id",
    "query": r"paralogue %id\. query gene identical to target .+ gene|\w+_paralog_perc_id_r1",
}
"""BioMart's columns by display name and by attribute; those of the paralog tell the species."""


def read_paralogs(path: Path) -> pl.DataFrame:
    """Read a paralog table; see `read_biomart`.

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
    named = read_biomart(path, "paralogs", HEADERS, ("gene_id", "paralog_id"))
    return named.select(
        comparable(pl.col("gene_id")),
        "gene_name",
        comparable(pl.col("paralog_id")),
        "paralog_name",
        _percent(path, named, "target"),
        _percent(path, named, "query"),
    )


def _percent(path: Path, named: pl.DataFrame, name: str) -> pl.Series:
    values = named[name].cast(pl.Float64, strict=False)
    bad = named[name].is_not_null() & ~values.is_between(0, 100).fill_null(False)
    if bad.any():
        line, text = named.filter(bad).select("line", name).row(0)
        raise OrthrusError(f"{path}: line {line}: identity {text!r} is not a percentage")
    return values

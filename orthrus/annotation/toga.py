"""TOGA: what the name of a projection says, and its loss and orthology classes."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus.annotation.lines import called, whole_lines
from orthrus.identifiers import PROJECTION, published
from orthrus.joins import Join

LOSS = ("level", "transcript_id", "loss_class")
ORTHOLOGY = ("t_gene", "t_transcript", "q_gene", "q_transcript", "orthology_class")
ENSEMBL_GENE = r"^ENS[A-Z]*G\d+"
HINT = "take the query's own file"


def read_names(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `reference_transcript`, `chain`, `gene_name`; a name of another form is a fault."""
    parts = pl.col("transcript_id").str.extract_groups(PROJECTION)
    rows = rows.with_columns(
        reference_transcript=parts.struct.field("transcript"),
        gene_name=parts.struct.field("symbol"),
        chain=parts.struct.field("chain").cast(pl.Int64, strict=False),
        loss_class=pl.lit(None, pl.String),
        orthology_class=pl.lit(None, pl.String),
    )
    nameless = pl.col("transcript_id").is_not_null() & pl.col("chain").is_null()
    fault = pl.when(nameless).then(pl.lit("toga_name"))
    return rows.with_columns(fault=pl.coalesce("fault", fault))


def add_loss(rows: pl.DataFrame, path: Path, least: float) -> pl.DataFrame:
    """Return `rows` with `loss_class` from loss_summ_data (its PROJECTION lines).

    Raises
    ------
    OrthrusError
        The table cannot be read, or names less than `least` of the projections.
    """
    table = whole_lines(path, LOSS, "3 tab-separated fields")
    table = table.filter(pl.col("level") == "PROJECTION").with_columns(
        published(pl.col("transcript_id"))
    )
    _check(path, rows["transcript_id"], table["transcript_id"], least)
    table = table.unique("transcript_id", keep="first")
    return rows.drop("loss_class").join(
        table.select("transcript_id", "loss_class"),
        on="transcript_id",
        how="left",
        maintain_order="left",
    )


def add_orthology(rows: pl.DataFrame, path: Path, least: float) -> pl.DataFrame:
    """Return `rows` with `orthology_class`, `gene_id` and `gene_name` from the orthology table.

    A projection that the table lists has its class; one that it does not list has `one2zero` where
    its reference transcript has no ortholog at all, else null: the ortholog is another chain. The
    reference gene is a name where it reads like an Ensembl gene or differs from the projection's
    symbol; a gene without id in a projection without symbol is itself the symbol.

    Raises
    ------
    OrthrusError
        The table cannot be read, or names less than `least` of the reference transcripts.
    """
    table = whole_lines(path, ORTHOLOGY, "5 tab-separated fields")
    table = table.with_columns(published(pl.col("t_gene", "t_transcript", "q_transcript")))
    listed = table.unique("q_transcript", keep="first", maintain_order=True).select(
        transcript_id="q_transcript", _class="orthology_class"
    )
    genes = table.unique("t_transcript", keep="first", maintain_order=True).select(
        "t_transcript",
        "t_gene",
        _zero=pl.when(pl.col("orthology_class") == "one2zero").then(pl.lit("one2zero")),
    )
    reference = pl.col("transcript_id").str.replace(r"\.-?\d+$", "").alias("t_transcript")
    rows = rows.with_columns(reference)
    _check(path, rows["t_transcript"], genes["t_transcript"], least)
    rows = rows.join(listed, on="transcript_id", how="left", maintain_order="left")
    rows = rows.join(genes, on="t_transcript", how="left", maintain_order="left")
    is_id = pl.col("t_gene").str.contains(ENSEMBL_GENE) | pl.col("gene_name").is_not_null()
    return rows.with_columns(
        orthology_class=pl.coalesce("_class", "_zero"),
        gene_id=pl.when(is_id & (pl.col("t_gene") != pl.col("gene_name").fill_null(""))).then(
            "t_gene"
        ),
        gene_name=pl.coalesce("gene_name", pl.when(~is_id).then("t_gene")),
    ).drop("t_transcript", "t_gene", "_class", "_zero")


def _check(path: Path, ours: pl.Series, theirs: pl.Series, least: float) -> None:
    Join.of(path, "projections", ours, theirs).check(least, called("min_matched"), HINT)

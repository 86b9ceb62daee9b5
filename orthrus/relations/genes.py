"""The genes of stores, and how they are found in a table of homology groups."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from orthrus.identifiers import comparable
from orthrus.relations.store_tables import open_tables, read_ahead
from orthrus.strings import filled, folded


def read_genes(stores: Sequence[Path]) -> pl.DataFrame:
    """Return `gene_id` (without version), `gene_name` and `chrom` of every transcript in `stores`.

    A gene without id goes by its symbol; a transcript with neither is left out.
    """
    name = filled(pl.col("gene_name"))
    gene = comparable(pl.col("gene_id"))
    read = read_ahead(open_tables(stores), ("gene_id", "gene_name", "chrom"))
    return (
        pl.concat(frame for _, frame in read)
        .select(gene.is_not_null().alias("has_id"), pl.coalesce(gene, name).alias("gene_id"),
                name.alias("gene_name"), "chrom")
        .filter(pl.col("gene_id").is_not_null())
    )  # fmt: skip


def resolve(genes: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Give genes that have only a symbol the id that `known` has for it.

    Parameters
    ----------
    genes
        As from `read_genes`.
    known
        `gene_id` and `gene_name`; of several genes with one symbol the smallest id counts.

    Returns
    -------
    pl.DataFrame
        `gene_id`, `gene_name` and `chrom`, in the order of `genes`.
    """
    symbols = (
        known.select(
            folded(pl.col("gene_name")).alias("symbol"), pl.col("gene_id").alias("known_id")
        )
        .drop_nulls()
        .group_by("symbol")
        .agg(pl.col("known_id").min())
    )
    found = genes.with_columns(folded(pl.col("gene_name")).alias("symbol")).join(
        symbols, on="symbol", how="left", maintain_order="left"
    )
    by_symbol = pl.coalesce("known_id", "gene_id")
    return found.select(
        pl.when("has_id").then("gene_id").otherwise(by_symbol).alias("gene_id"),
        "gene_name",
        "chrom",
    )

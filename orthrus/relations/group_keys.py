"""The keys of gene groups: the same text for all transcripts that are taken for one gene.

Within a species the gene id decides, and the symbol where a transcript has none. A symbol that
stands beside several gene ids of a species is *shared*: it tells no gene from another, and joins
nothing. With `within_species=symbol` the symbol decides first, whatever the gene ids, as published.
"""

from __future__ import annotations

import polars as pl

from orthrus.config.relations import CrossSpecies, Within
from orthrus.identifiers import comparable
from orthrus.strings import folded, format_expr


def reference_keys(
    references: pl.DataFrame, cross_species: CrossSpecies, within: Within
) -> pl.DataFrame:
    """Return reference transcripts with the `key` of their group, and what it was made from.

    Parameters
    ----------
    references
        `row`, `species`, `transcript_id`, `gene_id`, `gene_name`.

    Returns
    -------
    pl.DataFrame
        `id` is the gene's, without version; `symbol` is without case, and null where it is shared;
        `shared` is a symbol that is.
    """
    told = references.with_columns(
        id=comparable(pl.col("gene_id")),
        symbol=folded(pl.col("gene_name")),
        shared=pl.lit(None, pl.String),
    )
    if within == "gene_id":
        told = _by_gene(told)
    species = pl.col("species")
    return told.with_columns(
        key=pl.coalesce(
            symbol_key(species, cross_species, pl.col("symbol")),
            gene_key(species, pl.col("id")),
            format_expr("shared\t{}\t{}", "species", "shared"),
            format_expr("transcript\t{}", "row"),
        )
    )


def _by_gene(told: pl.DataFrame) -> pl.DataFrame:
    """Give the transcripts of a gene one symbol, the first that is not shared.

    A transcript without gene id has that of its symbol's only gene. An id that repeats the
    transcript's own, as in GTF files of UCSC's Table Browser, is none where there is a symbol.
    """
    repeats = pl.col("id") == comparable(pl.col("transcript_id"))
    told = told.with_columns(id=pl.when(~repeats | pl.col("symbol").is_null()).then("id"))
    genes = (
        told.select("species", "symbol", "id")
        .drop_nulls()
        .unique()
        .group_by("species", "symbol")
        .agg(several=pl.len() > 1, only=pl.col("id").min())
    )
    told = told.join(genes, on=["species", "symbol"], how="left", maintain_order="left")
    several = pl.col("several").fill_null(value=False)
    told = told.with_columns(
        id=pl.coalesce("id", pl.when(~several).then("only")),
        shared=pl.when(several).then("symbol"),
        symbol=pl.when(~several).then("symbol"),
    )
    of_gene = pl.col("symbol").drop_nulls().first().over("species", "id")
    has_id = pl.col("id").is_not_null()
    return told.with_columns(symbol=pl.when(has_id).then(of_gene).otherwise("symbol")).drop(
        "several", "only"
    )


def symbol_key(species: pl.Expr, cross_species: CrossSpecies, symbol: pl.Expr) -> pl.Expr:
    """Return the key of a gene with a symbol; null where there is none."""
    return format_expr(
        "symbol\t{}\t{}", pl.lit("") if cross_species == "symbol" else species, symbol
    )


def gene_key(species: pl.Expr, gene: pl.Expr) -> pl.Expr:
    """Return the key of a gene without symbol of its own; null where it has no id."""
    return format_expr("gene\t{}\t{}", species, gene)

"""Homology groups: connected components of the paralog graph (paper, appendix A.5, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl

from orthrus import schemas
from orthrus.array_types import Ints
from orthrus.config.relations import HomologySettings
from orthrus.errors import OrthrusError
from orthrus.joins import Join
from orthrus.log import say
from orthrus.relations.genes import read_genes, resolve
from orthrus.relations.paralogs import read_paralogs
from orthrus.relations.store_tables import open_tables
from orthrus.sources import fetch_records

KEY = "relations.homology.min_matched"


def build_homology(
    paralogs: Path, stores: Sequence[Path], path: Path, settings: HomologySettings
) -> pl.DataFrame:
    """Write the HOMOLOGY table of one species to `path`, and return it.

    It holds every gene of the paralog table and of the stores; ids carry no version. A gene
    without accepted paralog is a group of its own. Groups are numbered by their smallest gene id.

    Raises
    ------
    OrthrusError
        An input cannot be read, the stores are of several species, a pair has no identity and
        `identity_missing` is `error`, or the table shares too few genes with the stores.
    """
    fetch_records.check([paralogs])
    species = one_species(stores)
    table = read_paralogs(paralogs)
    edges = accepted_pairs(table, settings, paralogs)
    named = _names(table)
    own = resolve(read_genes(stores), named).select("gene_id", "gene_name")
    _check(paralogs, own["gene_id"], named["gene_id"], settings.min_matched)
    genes = (
        pl.concat([named, own])
        .group_by("gene_id")
        .agg(pl.col("gene_name").drop_nulls().first())
        .sort("gene_id")
    )
    group = pl.Series("group", group_genes(genes["gene_id"], edges))
    homology = genes.select(pl.lit(species).alias("species"), "gene_id", "gene_name", group)
    schemas.write_table(homology, path, schemas.HOMOLOGY)
    return homology


def _check(paralogs: Path, own: pl.Series, listed: pl.Series, least: float) -> None:
    """Tell how many genes the table names; OrthrusError where they are few.

    An empty table is that of a species without paralogs, and a single gene may have none.
    """
    join = Join.of(paralogs, "genes", own, listed)
    if not join.theirs:
        say(f"{paralogs}: holds no paralogs, so every gene is a homology group of its own")
    elif join.ours == 1:
        join.tell()
    else:
        join.check(least, KEY, "take the paralogs of the stores' species")


def one_species(stores: Sequence[Path]) -> str:
    """Return the species of stores; OrthrusError where they are of several."""
    found = sorted({table.species for table in open_tables(stores)})
    if len(found) > 1:
        raise OrthrusError(
            f"{stores[0]}: beside it are stores of another species ({', '.join(found)}); give "
            "those of one"
        )
    return found[0]


def accepted_pairs(table: pl.DataFrame, settings: HomologySettings, source: Path) -> pl.DataFrame:
    """Return the pairs (`gene_id`, `paralog_id`) above the identity threshold.

    Genes without paralog and genes that are their own paralog make no pair. Where one direction
    lacks its identity, `max`, `min` and `mean` take the other's.
    """
    pairs = table.filter(
        pl.col("paralog_id").is_not_null() & (pl.col("paralog_id") != pl.col("gene_id"))
    ).with_columns(_identity(settings).alias("identity"))
    missing = pairs.filter(pl.col("identity").is_null())
    if settings.identity_missing == "error" and len(missing):
        gene, paralog = missing.select("gene_id", "paralog_id").row(0)
        raise OrthrusError(
            f"{source}: {len(missing)} of {len(pairs)} pairs have no {settings.identity} identity, "
            f"the first {gene} and {paralog}; query BioMart for it or set identity_missing=accept"
        )
    above = pl.col("identity").is_null() | (pl.col("identity") > settings.threshold)
    return pairs.filter(above).select("gene_id", "paralog_id")


def group_genes(genes: pl.Series, edges: pl.DataFrame) -> Ints:
    """Return the (n,) group numbers of `genes` (unique, sorted), joined by `edges` between them."""
    codes = [genes.search_sorted(edges[name]).to_numpy() for name in ("gene_id", "paralog_id")]
    return components(np.stack(codes, axis=1).astype(np.int64), len(genes))


def components(pairs: Ints, n: int) -> Ints:
    """Return the connected component of each of `n` nodes.

    Parameters
    ----------
    pairs
        (edges, 2), node numbers below `n`; order, direction and repeats do not matter.
    n
        Number of nodes.

    Returns
    -------
    groups : (n,) int64
        0, 1, 2, … by the smallest node of the component.
    """
    edges = np.unique(np.sort(pairs, axis=1), axis=0)
    smallest = np.arange(n)
    for nodes in nx.connected_components(nx.from_edgelist(edges.tolist())):
        smallest[list(nodes)] = min(nodes)
    return np.unique(smallest, return_inverse=True)[1].astype(np.int64)


def _identity(settings: HomologySettings) -> pl.Expr:
    both = ("target", "query")
    return {
        "target": pl.col("target"),
        "query": pl.col("query"),
        "max": pl.max_horizontal(*both),
        "min": pl.min_horizontal(*both),
        "mean": pl.mean_horizontal(*both),
    }[settings.identity]


def _names(table: pl.DataFrame) -> pl.DataFrame:
    """Return all genes of a paralog table; a gene's own line names it before others' lines do."""
    paralogs = table.select(
        pl.col("paralog_id").alias("gene_id"), pl.col("paralog_name").alias("gene_name")
    ).filter(pl.col("gene_id").is_not_null())
    both = pl.concat([table.select("gene_id", "gene_name"), paralogs])
    return both.group_by("gene_id", maintain_order=True).agg(
        pl.col("gene_name").drop_nulls().first()
    )

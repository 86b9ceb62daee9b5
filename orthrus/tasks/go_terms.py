"""Molecular functions of genes: terms of the Gene Ontology some steps below its root.

How the paper counted the steps, which relations it followed, and whether an annotation counts for
the ancestors of its term too, is unpublished; all are settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from orthrus.config.tasks import FunctionSettings, TaskSettings
from orthrus.errors import OrthrusError
from orthrus.tasks.labels import Labels, commonest, indicator_matrix
from orthrus.tasks.ontology import ROOT, Ontology, read_gaf, read_obo


def read_raw(paths: Sequence[Path], taxon_id: int | None, settings: TaskSettings) -> Labels:
    """Read an ontology and its annotations; see `orthrus.benchmark_tasks.Raw`."""
    return read_functions(paths[0], paths[1], taxon_id, settings.functions)


def read_functions(
    obo: Path, gaf: Path, taxon_id: int | None, settings: FunctionSettings
) -> Labels:
    """Read the functions of all genes of a GAF; see `label`, `read_obo` and `read_gaf`."""
    ontology = read_obo(obo)
    annotations, dropped = read_gaf(gaf, taxon_id)
    labels = label(ontology, annotations, settings)
    return Labels(
        labels.genes, labels.targets, labels.names, {**dropped, **labels.dropped}, labels.facts
    )


def label(ontology: Ontology, annotations: pl.DataFrame, settings: FunctionSettings) -> Labels:
    """Label genes with the commonest functions of one level.

    Parameters
    ----------
    annotations
        `gene` (symbol) and `term`.

    Raises
    ------
    OrthrusError
        No gene has a function of this level.
    """
    edges = ontology.edges(settings.relations)
    wanted = level(edges, settings.level, settings.depth)
    main = annotations.join(ontology.alternatives, on="term", how="left", maintain_order="left")
    main = main.select("gene", term=pl.coalesce("main", "term"))
    terms = main["term"].unique(maintain_order=True)
    above = pl.DataFrame({"term": terms, "ancestor": terms})
    if settings.propagate:
        above = ancestors(terms, edges)
    members = (
        main.join(above.filter(pl.col("ancestor").is_in(wanted.implode())), on="term", how="inner",
                  maintain_order="left_right")
        .select("gene", label="ancestor")
        .unique(maintain_order=True)
    )  # fmt: skip
    if members.is_empty():
        raise OrthrusError(
            f"no gene has a molecular function {settings.level} steps below the root; lower "
            "functions.level"
        )
    chosen = commonest(members, settings.top)
    genes, targets = indicator_matrix(members, chosen)
    names = dict(ontology.terms.iter_rows())
    return Labels(
        genes.select(gene_id=pl.lit(None, pl.String), gene_name="gene"),
        targets,
        tuple(f"{term} {names[term]}" for term in chosen),
        {"no_label": annotations["gene"].n_unique() - genes.height},
        {"terms_of_level": len(wanted), **settings.model_dump(mode="json")},
    )


def level(edges: pl.DataFrame, steps: int, depth: str) -> pl.Series:
    """Return the terms `steps` below the root, by the shortest path or by any."""
    reached = seen = pl.Series("term", [ROOT], dtype=pl.String)
    for _ in range(steps):
        below = edges.filter(pl.col("parent").is_in(reached.implode()))["term"].unique()
        if depth == "shortest":
            below = below.filter(~below.is_in(seen.implode()))
            seen = pl.concat([seen, below])
        reached = below
    return reached.sort()


def ancestors(terms: pl.Series, edges: pl.DataFrame) -> pl.DataFrame:
    """Return `term` and `ancestor` of all `terms`, each term among its own ancestors."""
    frontier = pl.DataFrame({"term": terms, "ancestor": terms})
    found = [frontier]
    while frontier.height:
        frontier = (
            frontier.join(edges, left_on="ancestor", right_on="term", how="inner")
            .select("term", ancestor="parent")
            .unique()
        )
        found.append(frontier)
    return pl.concat(found).unique().sort("term", "ancestor")

"""The leakage report: what test genes share with training genes."""

from __future__ import annotations

from typing import Any

import polars as pl

from orthrus.strings import folded


def leakage(splits: pl.DataFrame, genes: pl.DataFrame, split: str) -> dict[str, Any]:
    """Measure a SPLITS table; the result is ready for JSON.

    Parameters
    ----------
    splits
        The table.
    genes
        `gene_id`, `gene_name`, `homology_group`, `chrom` and `n_chroms` (on how many chromosomes
        it is annotated) of all genes, also those left out; the last two may be null.
    split
        The kind of split.

    Returns
    -------
    dict
        `split`, `genes` (their number), `dropped` (genes left out), `largest_group`,
        `on_several_chromosomes` (how many genes are; the chromosome of most transcripts counts),
        and per seed the realised `fractions` and, in `shared`, the number and share of test genes
        whose gene id, symbol (without case), homology group or chromosome also occurs in train.
    """
    facts = {
        "gene_id": pl.col("gene_id"),
        "symbol": folded(pl.col("gene_name")),
        "homology_group": pl.col("homology_group"),
        "chromosome": pl.col("chrom"),
    }
    shareable = {name: genes.select("gene_id", fact.alias("value")) for name, fact in facts.items()}
    per_seed = {}
    for seed in splits["seed"].unique(maintain_order=True):
        folds = splits.filter(pl.col("seed") == seed).select("gene_id", "fold")
        n_test = folds.filter(pl.col("fold") == "test").height
        shared = {name: _shared(folds, fact.drop_nulls()) for name, fact in shareable.items()}
        per_seed[str(seed)] = {
            "fractions": {
                fold: folds.filter(pl.col("fold") == fold).height / folds.height
                for fold in ("train", "val", "test")
            },
            "shared": {
                name: {"genes": found, "share": found / n_test} for name, found in shared.items()
            },
        }
    return {
        "split": split,
        "genes": splits["gene_id"].n_unique(),
        "dropped": sorted(set(genes["gene_id"]) - set(splits["gene_id"])),
        "on_several_chromosomes": genes.filter(pl.col("n_chroms") > 1).height,
        "largest_group": splits.group_by("seed", "group").len()["len"].max(),
        "seeds": per_seed,
    }


def _shared(folds: pl.DataFrame, facts: pl.DataFrame) -> int:
    """Return how many test genes have a fact in common with a training gene."""
    told = folds.join(facts, on="gene_id")
    train = told.filter(pl.col("fold") == "train").select("value").unique()
    test = told.filter(pl.col("fold") == "test")
    return test.join(train, on="value", how="semi")["gene_id"].n_unique()

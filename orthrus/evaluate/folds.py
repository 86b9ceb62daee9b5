"""Which fold every transcript of a task is in, by its gene."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orthrus.errors import OrthrusError
from orthrus.identifiers import comparable


def genes(task: pl.DataFrame, splits: pl.DataFrame) -> pl.Series:
    """Return the gene of SPLITS each row of TASK belongs to, null where there is none.

    A gene is found by its identifier (the version of an Ensembl one does not count), else by its
    symbol in any case. A symbol of genes in several homology groups finds none: it could stand on
    both sides of a split.
    """
    known = splits.select("gene_id", "gene_name", "group").unique("gene_id", maintain_order=True)
    by_id = known.select(_bare("gene_id"), pl.col("gene_id").alias("found_by_id"))
    symbols = known.filter(pl.col("gene_name").is_not_null())
    by_name = (
        symbols.group_by(pl.col("gene_name").str.to_lowercase().alias("name"), maintain_order=True)
        .agg(pl.col("gene_id").first().alias("found_by_name"), pl.col("group").n_unique())
        .filter(pl.col("group") == 1)
    )
    rows = task.select(_bare("gene_id"), pl.col("gene_name").str.to_lowercase().alias("name"))
    found = rows.join(
        by_id.unique("bare", keep="first", maintain_order=True),
        on="bare",
        how="left",
        maintain_order="left",
    ).join(by_name, on="name", how="left", maintain_order="left")
    return found.select(pl.coalesce("found_by_id", "found_by_name").alias("gene")).to_series()


def of_task(
    task: pl.DataFrame, path: Path, known: pl.DataFrame, splits: Path, least: float = 0
) -> pl.Series:
    """Return the gene of each row of the TASK table read from `path`; see `genes`.

    Raises
    ------
    OrthrusError
        The splits `known`, read from `splits`, are of another species, or have the genes of a
        smaller fraction of the rows than `least`, the setting `min_matched`, or of none.
    """
    refuse_other_species(task, path, known, splits)
    found = genes(task, known)
    matched = len(found) - found.null_count()
    if not matched:
        raise OrthrusError(f"{splits}: has no gene of {path}; give the splits of its species")
    if matched < least * len(found):
        raise OrthrusError(
            f"{splits}: has the genes of only {matched} of {len(found)} transcripts of {path}, "
            f"less than min_matched = {least:g}; give the splits of its species, or lower "
            "min_matched"
        )
    return found


def refuse_other_species(task: pl.DataFrame, path: Path, known: pl.DataFrame, source: Path) -> None:
    """Raise an OrthrusError if a TASK is of a species that genes read from `source` are not of.

    Symbols alone would meet across species: those of mouse are human ones in another case.
    """
    own, other = (set(frame["species"].unique()) for frame in (task, known))
    if own - other:
        raise OrthrusError(
            f"{source}: is of {', '.join(sorted(other))}, but {path} is of {min(own - other)}; "
            "give that of its species"
        )


def remarks(found: pl.Series, splits: Path) -> list[str]:
    """Say how many rows have no gene in the splits, if any."""
    missing = found.null_count()
    line = f"{missing} of {len(found)} transcripts have no gene in {splits.name}"
    return [line] if missing else []


def of_seed(found: pl.Series, splits: pl.DataFrame, seed: int, path: Path) -> pl.Series:
    """Return the fold of every gene of `found` for one seed.

    Raises
    ------
    OrthrusError
        The splits (read from `path`) do not have the seed.
    """
    folds = splits.filter(pl.col("seed") == seed).select("gene_id", "fold")
    if folds.is_empty():
        known = ", ".join(map(str, splits["seed"].unique().sort()))
        raise OrthrusError(f"{path}: has no split of seed {seed}; its seeds are {known}")
    joined = pl.DataFrame({"gene_id": found}).join(
        folds, on="gene_id", how="left", maintain_order="left"
    )
    return joined["fold"]


def _bare(column: str) -> pl.Expr:
    """Return a column of gene identifiers without version."""
    return comparable(pl.col(column)).alias("bare")

"""Splits: the genes of a species in train, val and test, with whole groups on one side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import schemas
from orthrus.array_types import Ints
from orthrus.config.relations import Split, SplitSettings
from orthrus.errors import OrthrusError
from orthrus.files import write_json
from orthrus.random_streams import random_bits
from orthrus.relations.genes import read_genes, resolve
from orthrus.relations.homology import one_species
from orthrus.relations.leakage import leakage

FOLDS = np.array(["train", "val", "test"])
ORDER, REPAIR = 0, 1


def build_split(
    homology: Path,
    stores: Sequence[Path],
    split: Split,
    path: Path,
    report: Path,
    settings: SplitSettings,
) -> pl.DataFrame:
    """Write the SPLITS table to `path` and its leakage report to `report`; return the table.

    The unit that stays whole (column `group`) is the homology group, the chromosome, or the gene
    itself. A chromosome split leaves out genes whose chromosome no store tells; the report lists
    them. A gene annotated on several chromosomes goes with the one of most of its transcripts.

    Raises
    ------
    OrthrusError
        An input cannot be read, the stores are of another species than the homology groups, or a
        fold would remain empty.
    """
    genes = schemas.read_table(homology, schemas.HOMOLOGY).rename({"group": "homology_group"})
    own, species = set(genes["species"].unique()), one_species(stores)
    if own - {species}:
        raise OrthrusError(
            f"{homology}: is of {min(own - {species})}, but the stores are of {species}; give "
            "those of its species"
        )
    homes = _chromosomes(resolve(read_genes(stores), genes))
    genes = genes.join(homes, on="gene_id", how="left").sort("gene_id")
    left_out = pl.col("chrom").is_null() & (split == "chromosome")
    units = _units(genes.filter(~left_out), split)
    try:
        folds = [assign(units["group"].to_numpy(), settings.fractions, s) for s in settings.seeds]
    except OrthrusError as error:
        raise OrthrusError(f"{homology}: {split} split: {error}") from None
    table = pl.concat(
        units.select("species", "gene_id", "gene_name", "group").with_columns(
            pl.lit(seed).cast(pl.Int64).alias("seed"), pl.Series("fold", fold)
        )
        for seed, fold in zip(settings.seeds, folds, strict=True)
    )
    schemas.write_table(table, path, schemas.SPLITS)
    write_json(leakage(table, genes, split), report)
    return table


def assign(groups: Ints, fractions: Sequence[float], seed: int) -> npt.NDArray[np.str_]:
    """Deal whole groups of genes to train, val and test.

    1. Groups larger than the smallest fold is to be go to train, as val and test cannot hold them.
    2. The others, in the order of a hash of seed and group number, are laid end to end on a line,
       which is cut into train, val and test in proportion to the genes that each still lacks; a
       group goes to the fold that holds its middle.
    3. A fold that got nothing (few groups, all large) takes a random group of the fold with most
       groups, but not that fold's largest.

    Parameters
    ----------
    groups
        (n,) int64, the group of every gene.
    fractions
        Shares of train, val and test.
    seed
        Decides the order. The same group numbers and sizes give the same folds.

    Returns
    -------
    folds : (n,) str
        `train`, `val` or `test`.

    Raises
    ------
    OrthrusError
        There are fewer groups than folds.
    """
    numbers, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(numbers) < len(FOLDS):
        raise OrthrusError(
            f"{len(numbers)} groups cannot fill {len(FOLDS)} folds; use a split with smaller groups"
        )
    target = np.asarray(fractions) * len(groups)
    large = sizes > target.min()
    lacking = np.maximum(target - [sizes[large].sum(), 0, 0], 0)
    order = np.argsort(random_bits(seed, numbers, ORDER), kind="stable")
    order = order[~large[order]]
    middle = np.cumsum(sizes[order]) - sizes[order] / 2
    cuts = np.cumsum(lacking)[:-1] / lacking.sum() * sizes[order].sum()
    folds = np.zeros(len(numbers), dtype=np.int64)
    folds[order] = np.searchsorted(cuts, middle, side="right")
    return FOLDS[_fill_empty(folds, numbers, sizes, seed)[group]]


def _fill_empty(folds: Ints, numbers: Ints, sizes: Ints, seed: int) -> Ints:
    """Do step 3 of `assign`."""
    rank = random_bits(seed, numbers, REPAIR)
    for empty in sorted(set(range(len(FOLDS))) - set(folds.tolist())):
        donor = np.flatnonzero(folds == np.bincount(folds).argmax())
        spare = np.delete(donor, sizes[donor].argmax())
        folds[spare[rank[spare].argmin()]] = empty
    return folds


def _units(genes: pl.DataFrame, split: Split) -> pl.DataFrame:
    """Add `group`, the number of the unit that the split keeps whole."""
    unit = {"homology": "homology_group", "chromosome": "chrom", "random": "gene_id"}[split]
    number = pl.col(unit)
    if split != "homology":
        number = number.rank("dense").cast(pl.Int64) - 1
    return genes.with_columns(number.alias("group"))


def _chromosomes(transcripts: pl.DataFrame) -> pl.DataFrame:
    """Return `gene_id`, `chrom` and `n_chroms`: the chromosome of most transcripts of a gene."""
    return (
        transcripts.group_by("gene_id", "chrom")
        .len()
        .sort("gene_id", "len", "chrom", descending=[False, True, False])
        .group_by("gene_id", maintain_order=True)
        .agg(pl.col("chrom").first(), pl.len().alias("n_chroms"))
    )

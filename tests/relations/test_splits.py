"""Splits keep groups whole, meet their fractions, and report what leaks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from relations_helpers import transcript, write_world
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.config.relations import SplitSettings
from orthrus.errors import OrthrusError
from orthrus.files import read_json
from orthrus.relations.cli import app
from orthrus.relations.splits import Split, assign, build_split

FRACTIONS = (0.7, 0.15, 0.15)
SIZES = st.lists(st.integers(1, 30), min_size=3, max_size=40)


def expand(sizes: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes)


@given(SIZES, st.integers(0, 2**32))
def test_groups_stay_whole_and_no_fold_is_empty(sizes: list[int], seed: int) -> None:
    groups = expand(sizes)
    folds = assign(groups, FRACTIONS, seed)
    for group in range(len(sizes)):
        assert len(set(folds[groups == group])) == 1
    assert set(folds) == {"train", "val", "test"}


@given(SIZES, st.integers(0, 2**32), st.randoms())
def test_the_order_of_genes_does_not_matter(sizes: list[int], seed: int, random: Any) -> None:
    groups = expand(sizes)
    shuffled = np.array(random.sample(range(len(groups)), len(groups)))
    assert np.array_equal(
        assign(groups, FRACTIONS, seed)[shuffled], assign(groups[shuffled], FRACTIONS, seed)
    )


@pytest.mark.parametrize("seed", range(5))
def test_fractions_are_met(seed: int) -> None:
    groups = expand([1] * 8000 + [3] * 500 + [40] * 5)
    folds = Counter(assign(groups, FRACTIONS, seed).tolist())
    for fold, fraction in zip(("train", "val", "test"), FRACTIONS, strict=True):
        assert abs(folds[fold] / len(groups) - fraction) < 40 / len(groups)


def test_a_giant_group_goes_to_train_and_the_rest_makes_up_for_it() -> None:
    folds = Counter(assign(expand([6000, *[1] * 4000]), FRACTIONS, 0).tolist())
    assert folds == {"train": 7000, "val": 1500, "test": 1500}
    folds = Counter(assign(expand([9000, *[1] * 1000]), FRACTIONS, 0).tolist())
    assert folds == {"train": 9000, "val": 500, "test": 500}


def test_three_large_groups_fill_three_folds_in_different_ways() -> None:
    splits = {tuple(assign(expand([9, 5, 4]), FRACTIONS, seed)[[0, 9, 14]]) for seed in range(20)}
    assert splits == {("train", "val", "test"), ("train", "test", "val")}


def test_every_gene_is_tested_now_and_then() -> None:
    groups = np.arange(200)
    tested = sum((assign(groups, FRACTIONS, seed) == "test").astype(int) for seed in range(300))
    assert abs(tested.mean() - 45) < 0.01
    assert tested.min() > 15


def test_too_few_groups() -> None:
    with pytest.raises(OrthrusError, match="2 groups cannot fill 3 folds"):
        assign(np.array([0, 0, 1]), FRACTIONS, 0)


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, list[Path]]:
    """Return a homology table of 100 genes in 50 pairs, and stores that place all but the last."""
    names = [f"gene{number:03}" for number in range(100)]
    homology = pl.DataFrame(
        {
            "species": ["Homo sapiens"] * 100,
            "gene_id": names,
            "gene_name": [None, *(f"S{number // 50}.{number % 50}" for number in range(1, 100))],
            "group": [number // 2 for number in range(100)],
        }
    )
    schemas.write_table(homology, tmp_path / "homology.parquet", schemas.HOMOLOGY)
    rows = [
        transcript("hg38.a", f"t{number}", gene_id=name, chrom=f"chr{number % 10}")
        for number, name in enumerate(names[:-1])
    ]
    rows += [transcript("hg38.a", f"u{n}", gene_id="gene000", chrom="chrX") for n in range(2)]
    return tmp_path / "homology.parquet", write_world(tmp_path, rows)


def split_by(
    world: tuple[Path, list[Path]], split: Split, tmp_path: Path, **settings: Any
) -> tuple[pl.DataFrame, dict[str, Any]]:
    path, report = tmp_path / f"{split}.parquet", tmp_path / f"{split}.json"
    build_split(*world, split, path, report, SplitSettings(**settings))
    return schemas.read_table(path, schemas.SPLITS), read_json(report)


def shared(report: dict[str, Any], fact: str) -> list[int]:
    return [seed["shared"][fact]["genes"] for seed in report["seeds"].values()]


@pytest.mark.parametrize("split", ["homology", "chromosome", "random"])
def test_units_stay_whole_for_every_seed(
    world: tuple[Path, list[Path]], tmp_path: Path, split: Split
) -> None:
    table, report = split_by(world, split, tmp_path)
    assert table["seed"].unique(maintain_order=True).to_list() == [
        2541, 413, 411, 412, 2547, 321, 421, 311, 2516, 2515,
    ]  # fmt: skip
    straddling = table.group_by("seed", "group").agg(pl.col("fold").n_unique())
    assert straddling["fold"].max() == 1
    assert table["species"].unique().to_list() == ["Homo sapiens"]
    assert report["split"] == split
    assert shared(report, "gene_id") == [0] * 10
    assert {"homology": 2, "chromosome": 10, "random": 1}[split] == report["largest_group"]


def test_homology_split_shares_no_group(world: tuple[Path, list[Path]], tmp_path: Path) -> None:
    table, report = split_by(world, "homology", tmp_path)
    assert table["gene_id"].n_unique() == report["genes"] == 100
    assert report["dropped"] == []
    assert shared(report, "homology_group") == [0] * 10
    assert min(shared(report, "chromosome")) > 0
    for seed in report["seeds"].values():
        assert abs(seed["fractions"]["test"] - 0.15) <= 0.02


def test_random_split_leaks_homologs(world: tuple[Path, list[Path]], tmp_path: Path) -> None:
    table, report = split_by(world, "random", tmp_path, seeds=(1,))
    folds = dict(table.select("gene_id", "fold").iter_rows())
    expected = [
        gene
        for number, gene in enumerate(sorted(folds))
        if folds[gene] == "test" and folds[f"gene{number ^ 1:03}"] == "train"
    ]
    assert report["seeds"]["1"]["shared"]["homology_group"] == {
        "genes": len(expected),
        "share": len(expected) / 15,
    }


def test_chromosome_split_reports_genes_without_chromosome(
    world: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    table, report = split_by(world, "chromosome", tmp_path)
    assert report["dropped"] == ["gene099"]
    assert "gene099" not in table["gene_id"].to_list()
    # gene000 has one transcript on chr0 and two on chrX, which is its own.
    assert table.filter(pl.col("gene_id") == "gene000")["group"].unique().to_list() == [10]
    assert report["on_several_chromosomes"] == 1
    assert shared(report, "chromosome") == [0] * 10


def test_symbols_that_several_genes_share(tmp_path: Path) -> None:
    homology = pl.DataFrame(
        {
            "species": ["Homo sapiens"] * 3,
            "gene_id": ["a", "b", "c"],
            "gene_name": ["X", "x", None],
            "group": [0, 1, 2],
        }
    )
    schemas.write_table(homology, tmp_path / "h", schemas.HOMOLOGY)
    stores = write_world(tmp_path, [transcript("hg38.a", "t", gene_id="a")])
    _, report = split_by((tmp_path / "h", stores), "homology", tmp_path)
    assert set(shared(report, "symbol")) <= {0, 1}
    assert 1 in shared(report, "symbol")


def test_command(world: tuple[Path, list[Path]], tmp_path: Path) -> None:
    arguments = ["split", str(world[0]), *map(str, world[1]), "--split", "homology"]
    for name in ("one", "two"):
        out = ["-o", str(tmp_path / f"{name}.parquet"), "--leakage", str(tmp_path / f"{name}.json")]
        result = CliRunner().invoke(app, [*arguments, *out, "--set", "seeds=[3, 4]"])
        assert result.exit_code == 0
    assert "100 genes, 2 seeds" in result.stderr
    for suffix in ("parquet", "json"):
        one, two = (tmp_path / f"{name}.{suffix}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_bad_inputs(world: tuple[Path, list[Path]], tmp_path: Path) -> None:
    out = ["-o", str(tmp_path / "s.parquet"), "--leakage", str(tmp_path / "s.json")]
    arguments = ["split", str(world[0]), *map(str, world[1]), *out]
    assert CliRunner().invoke(app, [*arguments, "--split", "family"]).exit_code == 2
    for assignment, message in {
        "fractions=[0.5, 0.2, 0.2]": "fractions: the fractions must add up to 1",
        "seeds=[1, 1]": "seeds: a seed occurs twice",
        "seeds=[]": "seeds: ",
    }.items():
        result = CliRunner().invoke(app, [*arguments, "--split", "random", "--set", assignment])
        with pytest.raises(OrthrusError, match=message):
            raise result.exception or AssertionError
    mouse = write_world(tmp_path / "mouse", [transcript("mm10.a", "m", gene_id="gene000")])
    with pytest.raises(
        OrthrusError, match=r"parquet: is of Homo sapiens, but the stores are of Mus musculus"
    ):
        split_by((world[0], mouse), "random", tmp_path)
    with pytest.raises(OrthrusError, match=r"absent\.parquet: cannot be read"):
        split_by((tmp_path / "absent.parquet", world[1]), "random", tmp_path)
    assert not (tmp_path / "s.parquet").exists()


def test_too_few_chromosomes(tmp_path: Path) -> None:
    genes = {"gene_id": list("abc"), "gene_name": list("abc"), "group": [0, 1, 2]}
    homology = pl.DataFrame({"species": ["Homo sapiens"] * 3} | genes)
    schemas.write_table(homology, tmp_path / "h", schemas.HOMOLOGY)
    stores = write_world(tmp_path, [transcript("hg38.a", g, gene_id=g) for g in "abc"])
    with pytest.raises(OrthrusError, match="h: chromosome split: 1 groups cannot fill 3 folds"):
        split_by((tmp_path / "h", stores), "chromosome", tmp_path)

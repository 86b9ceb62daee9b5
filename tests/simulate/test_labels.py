"""Labels, measured again from the published tables alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulate_helpers import UCSC, gene_pred, read_genome, splice

from orthrus.simulate import elements
from orthrus.simulate.benchmarks import BENCHMARKS
from orthrus.simulate.labels import average_precision

RELEASE = "huggingface.co/datasets/simulated"
SITES = {"are": elements.ARE, **elements.MIRNA_SITES, **elements.RBP_SITES}


def read(mirror: Path, file: str) -> pl.DataFrame:
    (path,) = (mirror / RELEASE).glob(f"*/resolve/main/{file}.parquet")
    return pl.read_parquet(path)


def described(mirror: Path) -> dict[str, Any]:
    return json.loads((mirror / RELEASE / "README.json").read_text())


def measure(row: dict[str, Any]) -> dict[str, float]:
    """Measure one transcript by reading its strings."""
    starts = [i for i, flag in enumerate(row["cds"]) if flag]
    first, end = starts[0], starts[-1] + 3
    thirds = [row["sequence"][start + 2] for start in starts]
    utr5, utr3 = row["sequence"][:first], row["sequence"][end:]
    return {
        "optimality": sum(base in "CG" for base in thirds) / len(thirds),
        "junctions": (sum(row["splice"]) - 1) / len(row["sequence"]),
        "uorf": utr5.count(elements.UORF),
        "kozak": utr5.endswith(elements.KOZAK),
        **{name: utr3.count(site) for name, site in SITES.items()},
    }


def signal(measured: list[dict[str, float]], terms: dict[str, float]) -> np.ndarray:
    total = np.zeros(len(measured))
    for name, weight in terms.items():
        values = np.array([one[name] for one in measured], dtype=float)
        if values.std() > 0:
            total += weight * (values - values.mean()) / values.std()
    return total


@pytest.mark.parametrize("file", ["rnahl-human", "rnahl-mouse", "mrl-sugimoto"])
def test_stated_ceiling_is_the_correlation_with_the_features(mirror: Path, file: str) -> None:
    table, facts = read(mirror, file), described(mirror)[file]
    measured = [measure(row) for row in table.iter_rows(named=True)]
    best = signal(measured, facts["labels"][0]["terms"])
    assert np.corrcoef(best, table["target"].to_numpy())[0, 1] == pytest.approx(
        facts["ceiling"], abs=1e-5
    )
    assert 0.8 < facts["ceiling"] < 0.97
    lengths = table["sequence"].str.len_chars().to_numpy()
    assert abs(np.corrcoef(lengths, table["target"].to_numpy())[0, 1]) < 0.5


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda one: one.file)
def test_classes_are_neither_rare_nor_common(mirror: Path, benchmark: Any) -> None:
    table, facts = read(mirror, benchmark.file), described(mirror)[benchmark.file]
    assert len(table) == facts["transcripts"]
    assert [label["name"] for label in facts["labels"]] == [one.name for one in benchmark.labels]
    if not benchmark.classes:
        assert table.schema["target"] == pl.Float64
        return
    if benchmark.columns:
        target = table.select(pl.col("^target_.*$")).to_numpy()
    else:
        target = np.array(table["target"].to_list())
    assert target.shape == (len(table), len(benchmark.labels))
    assert set(np.unique(target)) == {0.0, 1.0}
    assert (target.mean(axis=0) >= 0.08).all()
    assert (target.mean(axis=0) <= 0.41).all()
    assert [label["prevalence"] for label in facts["labels"]] == pytest.approx(
        target.mean(axis=0), abs=1e-5
    )
    assert 0.8 < facts["ceiling"] < 0.99


def test_binding_follows_its_site(mirror: Path) -> None:
    for file in ("eclip-k562", "eclip-hepg2"):
        table, facts = read(mirror, file), described(mirror)[file]
        measured = [measure(row) for row in table.iter_rows(named=True)]
        for label in facts["labels"]:
            bound = table[f"target_{label['name']}"].to_numpy() > 0
            best = signal(measured, label["terms"])
            assert best[bound].mean() > best[~bound].mean() + 0.5


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda one: one.file)
def test_sequences_are_those_of_the_annotation(mirror: Path, benchmark: Any) -> None:
    assembly = benchmark.assembly
    release = {"simHum1": "V1", "simMus1": "VM1"}[assembly]
    path = mirror / UCSC / assembly / "database" / f"wgEncodeGencodeComp{release}.txt.gz"
    rows = {row.name: row for row in gene_pred(path) if not row.chrom.endswith("_alt")}
    genome = read_genome(mirror, assembly)
    table = read(mirror, benchmark.file)
    for published in table.sample(40, seed=1).iter_rows(named=True):
        row = rows[published["transcript"]]
        assert published["gene"] == row.symbol
        assert published["chromosome"] == row.chrom
        assert published["sequence"] == splice(genome, row.chrom, row.strand, row.exons)
        lengths = [end - start for start, end in row.exons][:: 1 if row.strand == "+" else -1]
        assert np.flatnonzero(published["splice"]).tolist() == (np.cumsum(lengths) - 1).tolist()
        starts = np.flatnonzero(published["cds"])
        assert published["sequence"][starts[0] :][:3] == "ATG"
        assert set(np.diff(starts)) == {3}
        assert published["sequence"][starts[-1] :][:3] in ("TAA", "TAG", "TGA")


def test_isoforms_of_a_gene_differ_in_load(mirror: Path) -> None:
    table = read(mirror, "mrl-sugimoto")
    assert table["gene"].n_unique() < len(table)
    assert read(mirror, "rnahl-human")["gene"].n_unique() == len(read(mirror, "rnahl-human"))


@given(
    st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30).filter(
        lambda pairs: any(label for _, label in pairs)
    )
)
def test_average_precision_equals_its_definition(pairs: list[tuple[int, bool]]) -> None:
    score = np.array([pair[0] for pair in pairs], dtype=float)
    label = np.array([pair[1] for pair in pairs], dtype=float)
    expected, reached = 0.0, 0.0
    for cut in sorted(set(score), reverse=True):
        chosen = score >= cut
        recall = label[chosen].sum() / label.sum()
        expected += (recall - reached) * label[chosen].mean()
        reached = recall
    assert average_precision(score, label) == pytest.approx(expected)

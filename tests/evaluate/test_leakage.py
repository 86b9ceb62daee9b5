from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from evaluate_helpers import random_codes, splits_table, task_table, write_task
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.evaluate import leakage
from orthrus.evaluate.cli import app
from orthrus.files import read_json
from orthrus.transcripts.codes import CODON_START, UNKNOWN


def kmers(code: bytes) -> set[bytes]:
    """All k-mers of a transcript without an unknown base; other marks do not count."""
    bases = bytes(byte & (3 | UNKNOWN) for byte in code)
    found = (bases[at : at + leakage.K] for at in range(len(bases) - leakage.K + 1))
    return {kmer for kmer in found if UNKNOWN not in kmer}


def flat(codes: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.concatenate(([0], np.cumsum([len(code) for code in codes])))
    return np.frombuffer(b"".join(codes), dtype=np.uint8), offsets


def relatives() -> list[bytes]:
    """Ten transcripts, each followed by itself with 0, 1, … 9 % of its bases changed."""
    rng = np.random.default_rng(3)
    made = []
    for percent in range(10):
        base = rng.integers(0, 4, 400).astype(np.uint8)
        base[rng.integers(0, 400, 2)] = UNKNOWN
        other = base.copy()
        changed = rng.permutation(400)[: 4 * percent]
        other[changed] = rng.integers(0, 4, len(changed))
        other[::3] |= CODON_START
        made += [base.tobytes(), other.tobytes()]
    return [*made, *random_codes(5, longest=40)]


@pytest.mark.parametrize("block", [1, 700, 1 << 22])
def test_pairs_equal_the_oracle(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(leakage, "BLOCK", block)
    codes = relatives()
    sketch = leakage.sampled(*flat(codes), scale=1)
    known = [kmers(code) for code in codes]
    sizes = dict(sketch.group_by("row").len().iter_rows())
    assert sizes == {row: len(found) for row, found in enumerate(known) if found}
    expected = {
        (row, other)
        for row, a in enumerate(known)
        for other, b in enumerate(known)
        if row != other
        and min(len(a), len(b)) >= leakage.FEWEST
        and len(a & b) >= leakage.SHARED * min(len(a), len(b))
    }
    assert set(leakage.near_identical(sketch).rows()) == expected
    assert 0 < len(expected) < 20


def test_a_sample_is_a_twentieth_and_the_same_everywhere() -> None:
    code = np.random.default_rng(0).integers(0, 4, 40_000).astype(np.uint8).tobytes()
    sketch = leakage.sampled(*flat([code, code[5_000:]]))
    whole, part = (set(sketch.filter(row=row)["kmer"]) for row in (0, 1))
    assert part < whole
    assert len(whole) == pytest.approx(40_000 / leakage.SCALE, rel=0.1)


def test_repeats_tell_of_no_relation() -> None:
    rng = np.random.default_rng(4)
    repeat = rng.integers(0, 4, 100).astype(np.uint8)
    codes = [
        np.concatenate((rng.integers(0, 4, 400), repeat)).astype(np.uint8).tobytes()
        for _ in range(2 * leakage.COMPARED)
    ]
    assert leakage.near_identical(leakage.sampled(*flat(codes), scale=1)).is_empty()


def variants(n: int) -> list[bytes]:
    """One sequence, each time with another base changed."""
    rng = np.random.default_rng(5)
    base = rng.integers(0, 4, 700).astype(np.uint8)
    made = np.tile(base, (n, 1))
    made[np.arange(n), rng.permutation(700)[:n]] ^= 1
    return [row.tobytes() for row in made]


def test_every_variant_of_a_large_family_is_near_another() -> None:
    n = leakage.COMPARED + 60
    pairs = leakage.near_identical(leakage.sampled(*flat(variants(n))))
    assert pairs["row"].n_unique() == n
    assert pairs.height < 2 * n * leakage.COMPARED
    assert set(pairs.rows()) == set(pairs.select("other", "row").rows())


def test_variants_of_one_gene_leak_into_a_random_split() -> None:
    n = leakage.COMPARED + 60
    task = task_table(variants(n), [[0.0]] * n)
    found = leakage.report(task, splits_table(n, (11,)))["seeds"]["11"]
    assert found == {
        "test": n // 5,
        "shared": {"sequence": 0, "near_identical": n // 5, "gene": 0},
    }


def test_the_work_grows_with_the_family_not_with_its_square(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leakage, "COMPARED", 3)
    for n in (10, 40):
        drawn = leakage._drawn(leakage.sampled(*flat([relatives()[0]] * n), scale=1))
        assert drawn.group_by("kmer").len()["len"].max() == 3
        assert drawn["other"].n_unique() == 3  # the same ones for every k-mer


def test_report_of_a_task(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 4, 2_000).astype(np.uint8).tobytes() for _ in range(40)]
    folds = dict(splits_table(40, (11,)).select("gene_id", "fold").iter_rows())
    test, train = (
        [int(gene[1:]) for gene, fold in folds.items() if fold == wanted]
        for wanted in ("test", "train")
    )
    codes[test[0]] = codes[train[0]]
    codes[test[1]] = codes[train[1]][:-7] + b"\0" * 7
    codes[test[2]] = codes[test[3]]
    codes[test[4]] = b"\0" * 20
    table = task_table(codes, [[0.0]] * 40)
    task = write_task(tmp_path / "t.parquet", table, "t", "regression")
    schemas.write_table(splits_table(40, (11,)), tmp_path / "s.parquet", schemas.SPLITS)
    # Of the test genes' groups, one has a training gene too.
    group = pl.col("group").replace({test[0]: train[0], test[1]: test[2]})
    genes = splits_table(40, (11,)).with_columns(group).select(schemas.HOMOLOGY.schema.names())
    schemas.write_table(genes, tmp_path / "h.parquet", schemas.HOMOLOGY)
    words = ("leakage", task, tmp_path / "s.parquet", "-o", tmp_path / "l.json")
    words += ("--homology", tmp_path / "h.parquet")
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert "at most 2 test rows of a seed are nearly identical" in result.stderr
    shared = {"sequence": 1, "near_identical": 2, "gene": 0, "homology_group": 1}
    assert read_json(tmp_path / "l.json") == {
        "rows": 40, "not_compared": 1, "seeds": {"11": {"test": 8, "shared": shared}}
    }  # fmt: skip


def test_tables_of_another_species_are_refused(tmp_path: Path) -> None:
    task = write_task(
        tmp_path / "t.parquet", task_table(random_codes(5), [[0.0]] * 5), "t", "regression"
    )
    splits = splits_table(5, (11,))
    mouse = splits.with_columns(species=pl.lit("Mus musculus"))
    genes = mouse.select(schemas.HOMOLOGY.schema.names())
    schemas.write_table(splits, tmp_path / "s.parquet", schemas.SPLITS)
    schemas.write_table(mouse, tmp_path / "m.parquet", schemas.SPLITS)
    schemas.write_table(genes, tmp_path / "h.parquet", schemas.HOMOLOGY)
    for name, more in (("m", ()), ("s", ("--homology", tmp_path / "h.parquet"))):
        words = ("leakage", task, tmp_path / f"{name}.parquet", "-o", tmp_path / "l.json", *more)
        result = CliRunner().invoke(app, [str(word) for word in words])
        with pytest.raises(OrthrusError, match=r"[mh].parquet: is of Mus musculus, but .*t.parq"):
            raise result.exception or AssertionError
    assert not (tmp_path / "l.json").exists()


def test_genes_of_one_symbol_on_both_sides() -> None:
    table = task_table(random_codes(10, longest=50), [[0.0]] * 10)
    splits = splits_table(10, (11,))
    of = {fold: splits.filter(fold=fold)["gene_id"][0] for fold in ("test", "train")}
    twins = pl.when(pl.col("gene_id").is_in(list(of.values()))).then(pl.lit("TWIN"))
    shared = table.with_columns(twins.otherwise("gene_name").alias("gene_name"))
    for task, genes in ((table, 0), (shared, 1)):
        assert leakage.report(task, splits)["seeds"]["11"]["shared"]["gene"] == genes

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from evaluate_helpers import random_codes, splits_table, task_table, write_task
from typer.testing import CliRunner

from orthrus import tables
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


def test_repeats_tell_of_no_relation(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [relatives()[0]] * 4
    sketch = leakage.sampled(*flat(codes), scale=1)
    assert leakage.near_identical(sketch).height == 4 * 3
    monkeypatch.setattr(leakage, "COMMONEST", 3)
    assert leakage.near_identical(sketch).height == 0


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
    tables.write(splits_table(40, (11,)), tmp_path / "s.parquet", tables.SPLITS)
    words = ("leakage", task, tmp_path / "s.parquet", "-o", tmp_path / "l.json")
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert "at most 2 test rows of a seed are nearly identical" in result.stderr
    shared = {"sequence": 1, "near_identical": 2, "gene": 0}
    assert read_json(tmp_path / "l.json") == {
        "rows": 40, "not_compared": 1, "seeds": {"11": {"test": 8, "shared": shared}}
    }  # fmt: skip


def test_genes_of_one_symbol_on_both_sides() -> None:
    table = task_table(random_codes(10, longest=50), [[0.0]] * 10)
    splits = splits_table(10, (11,))
    of = {fold: splits.filter(fold=fold)["gene_id"][0] for fold in ("test", "train")}
    twins = pl.when(pl.col("gene_id").is_in(list(of.values()))).then(pl.lit("TWIN"))
    shared = table.with_columns(twins.otherwise("gene_name").alias("gene_name"))
    for task, genes in ((table, 0), (shared, 1)):
        assert leakage.report(task, splits)["seeds"]["11"]["shared"]["gene"] == genes

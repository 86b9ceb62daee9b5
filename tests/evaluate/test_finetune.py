from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from evaluate_helpers import random_codes, splits_table, task_table, write_task
from hypothesis import given
from hypothesis import strategies as st

from orthrus import schemas
from orthrus.config.finetune import FinetuneRun
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate.finetune import finetune, subsets
from orthrus.models import checkpoint
from orthrus.models.encoder import Orthrus
from orthrus.strings import format_expr

N = 100
NAMES = {"model": "tuned", "split": "homology"}
SETTINGS: dict[str, Any] = {
    "labels": (10, 30, "full"), "seeds": (0, 1), "lr": 0.02, "steps": 30, "warmup": 3,
    "hidden": 8, "batch": 16, "validate_every": 10, "device": "cpu",
    "encoder": {"width": 16, "layers": 1},
}  # fmt: skip


def settings(**changes: Any) -> FinetuneRun:
    return FinetuneRun.model_validate(SETTINGS | changes)


def shares(codes: list[bytes]) -> list[list[float]]:
    """Return how much of each transcript is A: what fine-tuning shall learn."""
    return [[1_000 + 50 * code.count(0) / len(code)] for code in codes]


def write(folder: Path, targets: list[list[float]], kind: str = "regression") -> tuple[Path, Path]:
    """Write a task and splits of seeds 0 and 1."""
    table = task_table(random_codes(N), targets)
    schemas.write_table(splits_table(N, (0, 1)), folder / "s.parquet", schemas.SPLITS)
    return write_task(folder / "t.parquet", table, "go-mf", kind), folder / "s.parquet"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path, shares(random_codes(N)))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    checkpoint.save(Orthrus(EncoderSettings(width=16, layers=1)), tmp_path / "model")
    return tmp_path / "model"


def test_a_row_per_labels_seed_and_metric(files: tuple[Path, Path], weights: Path) -> None:
    frame, lines = finetune(*files, weights, NAMES, settings(encoder={}))
    schemas.check(frame, schemas.FINETUNE)
    assert frame.height == 3 * 2 * 2
    counts = frame.select("labels", "n_train", "n_val", "n_test").unique(maintain_order=True)
    assert counts.rows() == [("10", 10, 20, 20), ("30", 30, 20, 20), ("full", 60, 20, 20)]
    assert set(frame["steps"]) <= {10, 20, 30}
    full = frame.filter(pl.col("labels") == "full", pl.col("metric") == "pearson_r")["value"]
    assert full.min() > 0.6
    assert lines[-1] == f"full labels: pearson_r {full.mean():.3f} over 2 seeds"


@pytest.mark.parametrize("kind", [None, "mamba", "dilated_cnn", "saluki"])
def test_the_same_seeds_give_the_same_bits(
    files: tuple[Path, Path], weights: Path, kind: str | None
) -> None:
    chosen = settings(
        labels=(20,), steps=4, encoder={"kind": kind, "width": 16, "layers": 1} if kind else {}
    )
    start = None if kind else weights
    before = torch.get_rng_state()
    first, second = (finetune(*files, start, NAMES, chosen)[0] for _ in range(2))
    assert first.equals(second)
    assert torch.equal(torch.get_rng_state(), before)
    alone = finetune(*files, start, NAMES, chosen.model_copy(update={"seeds": (1,)}))[0]
    assert alone.equals(first.filter(pl.col("seed") == 1))


def test_fresh_weights_are_drawn_by_seed(files: tuple[Path, Path]) -> None:
    same = splits_table(N, (0,))
    both = pl.concat([same, same.with_columns(seed=pl.lit(1, pl.Int64))])
    schemas.write_table(both, files[1], schemas.SPLITS)
    frame, _ = finetune(*files, None, NAMES, settings(labels=("full",), batch=60, steps=4))
    first, second = frame.partition_by("seed")
    assert first["value"].to_list() != second["value"].to_list()


def test_all_numbers_of_labels_are_scored_on_the_same_labels(tmp_path: Path) -> None:
    rare = [[float(row % 2), float(row % 9 == 0), 0.0] for row in range(N)]
    files = write(tmp_path, rare, "multilabel")
    frame, _ = finetune(*files, None, NAMES, settings(labels=(2, "full"), steps=4))
    assert set(frame["metric"]) == {"auprc_micro", "auprc_macro", "auroc_micro", "auroc_macro"}
    assert frame["value"].is_between(0, 1).all()
    assert frame.height == 2 * 2 * 4


def test_more_labels_than_there_are(files: tuple[Path, Path]) -> None:
    frame, lines = finetune(*files, None, NAMES, settings(labels=(10, 61), steps=4))
    assert set(frame["labels"]) == {"10"}
    assert lines[0] == "61 labels skipped in 2 of 2 seeds: more than there are"
    with pytest.raises(OrthrusError, match=r"t.parquet: no training fold has 61 rows; ask for"):
        finetune(*files, None, NAMES, settings(labels=(61, 99)))


def test_long_transcripts_are_left_out_and_told(files: tuple[Path, Path]) -> None:
    long = sum(len(code) > 50 for code in random_codes(N))
    frame, lines = finetune(*files, None, NAMES, settings(labels=("full",), steps=4, max_length=50))
    assert lines[0] == f"{long} of 100 transcripts have more than 50 nt and are left out"
    totals = frame.select(pl.sum_horizontal("n_train", "n_val", "n_test")).to_series()
    assert set(totals) == {N - long}


def test_rows_without_a_gene_are_told(files: tuple[Path, Path]) -> None:
    schemas.write_table(splits_table(N - 20, (0, 1)), files[1], schemas.SPLITS)
    lines = finetune(*files, None, NAMES, settings(labels=("full",), steps=4))[1]
    assert lines[0] == "20 of 100 transcripts have no gene in s.parquet"


def test_weights_and_an_encoder(files: tuple[Path, Path], weights: Path) -> None:
    with pytest.raises(OrthrusError, match=r"encoder: pretrained weights bring their own"):
        finetune(*files, weights, NAMES, settings())


def test_a_seed_without_split(files: tuple[Path, Path]) -> None:
    with pytest.raises(
        OrthrusError, match=r"s.parquet: has no split of seed 7; its seeds are 0, 1"
    ):
        finetune(*files, None, NAMES, settings(seeds=(7,)))


def test_a_small_fold_names_task_and_seed(files: tuple[Path, Path]) -> None:
    with pytest.raises(OrthrusError, match=r"t.parquet: seed 0: too small: 20 test rows, fewer"):
        finetune(*files, None, NAMES, settings(min_test=21))
    table = splits_table(N, (0, 1))
    schemas.write_table(table.filter(pl.col("fold") != "val"), files[1], schemas.SPLITS)
    with pytest.raises(OrthrusError, match=r"too small: 60 training, 0 validation rows"):
        finetune(*files, None, NAMES, settings())


def test_no_label_with_both_values(tmp_path: Path) -> None:
    files = write(tmp_path, [[0.0]] * N, "multilabel")
    message = r"seed 0: no label has both values in the training and in the val rows"
    with pytest.raises(OrthrusError, match=message):
        finetune(*files, None, NAMES, settings())


def test_a_value_that_never_varies(tmp_path: Path) -> None:
    files = write(tmp_path, [[2.0]] * N, "regression")
    with pytest.raises(OrthrusError, match=r"seed 0: all training rows have the target 2, with"):
        finetune(*files, None, NAMES, settings())


def test_splits_of_another_species(files: tuple[Path, Path]) -> None:
    other = splits_table(N, (0,)).with_columns(
        gene_id=format_expr("M{}", "gene_id"), gene_name=pl.lit(None, pl.String)
    )
    schemas.write_table(other, files[1], schemas.SPLITS)
    with pytest.raises(OrthrusError, match=r"has no gene of .*give the splits of its species"):
        finetune(*files, None, NAMES, settings())


@given(
    st.lists(st.sampled_from("ABCDEF"), min_size=2, max_size=30),
    st.integers(0, 99),
    st.sets(st.integers(2, 30), min_size=1, max_size=4),
)
def test_subsets_are_nested_and_take_genes_whole(
    genes: list[str], seed: int, counts: set[int]
) -> None:
    rows = np.arange(len(genes))
    drawn = list(subsets(rows, pl.Series(genes), seed, (*sorted(counts), "full")))
    assert [wanted for wanted, _ in drawn] == [
        *(n for n in sorted(counts) if n <= len(genes)),
        "full",
    ]
    assert sorted(drawn[-1][1]) == rows.tolist()
    for (wanted, smaller), (_, larger) in itertools.pairwise(drawn):
        assert len(smaller) == wanted
        assert set(smaller) <= set(larger)
        begun = list(dict.fromkeys(genes[row] for row in smaller))
        for gene in begun[:-1]:
            assert sum(genes[row] == gene for row in smaller) == genes.count(gene)


def test_a_share_of_labels_and_the_seed_of_the_choice() -> None:
    rows, genes = np.arange(40), pl.Series([f"G{row}" for row in range(40)])
    (_, share), (_, few) = subsets(rows, genes, 0, (0.25, 0.001))
    assert (len(share), len(few)) == (10, 2)
    (_, again), (_, other) = (next(subsets(rows, genes, seed, (10,))) for seed in (0, 1))
    assert share.tolist() == again.tolist()
    assert share.tolist() != other.tolist()
    # Genes by name, not by where they stand.
    backwards = next(subsets(rows, genes.reverse(), 0, (10,)))[1]
    assert {genes[int(row)] for row in share} == {genes.reverse()[int(row)] for row in backwards}

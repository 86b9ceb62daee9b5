from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from evaluate_helpers import SEEDS, splits_table, task_table, write_task

from orthrus import schemas
from orthrus.config.evaluate import ProbeSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import embeddings_io
from orthrus.evaluate.run_probe import benchmark, held_out
from orthrus.strings import format_expr

N = 120
NAMES = {"model": "contrastive", "split": "homology"}
SETTINGS = ProbeSettings(seeds=SEEDS)


@pytest.fixture
def inputs(tmp_path: Path) -> tuple[Path, Path, Path]:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(N, 4)).astype(np.float32)
    targets = matrix.sum(axis=1, keepdims=True) + rng.normal(size=(N, 1))
    table = task_table([b"\x00"] * N, targets.tolist())
    task = write_task(tmp_path / "t.parquet", table, "rnahl-human", "regression")
    embeddings_io.write_embeddings(tmp_path / "e.parquet", table["transcript_id"], matrix)
    schemas.write_table(splits_table(N), tmp_path / "s.parquet", schemas.SPLITS)
    return task, tmp_path / "e.parquet", tmp_path / "s.parquet"


def test_a_row_per_seed_and_metric(inputs: tuple[Path, Path, Path]) -> None:
    frame, _, lines = benchmark(*inputs, NAMES, SETTINGS)
    schemas.check(frame, schemas.PROBE)
    assert frame.height == len(SEEDS) * 2
    assert set(frame["n_test"]) == {N // 5}
    assert frame["value"].min() > 0.6
    assert lines == [f"pearson_r {frame['value'][::2].mean():.3f} over 3 seeds"]


def test_a_probe_knows_the_weights_behind_its_embeddings(inputs: tuple[Path, Path, Path]) -> None:
    assert benchmark(*inputs, NAMES, SETTINGS)[1].facts["digest"] is None
    names, matrix = embeddings_io.read_embeddings(inputs[1])
    embeddings_io.write_embeddings(inputs[1], names, matrix, "ff")
    probe = inputs[0].with_name("p.safetensors")
    benchmark(*inputs, NAMES, SETTINGS)[1].write(probe)
    assert held_out(*inputs, probe).height
    embeddings_io.write_embeddings(inputs[1], names, matrix, "00")
    with pytest.raises(OrthrusError, match=r"e.parquet: the probe was fitted to other weights"):
        held_out(*inputs, probe)


def test_unmatched_transcripts_are_dropped_and_told(inputs: tuple[Path, Path, Path]) -> None:
    task, embeddings, splits = inputs
    schemas.write_table(splits_table(N - 20), splits, schemas.SPLITS)
    frame, _, lines = benchmark(task, embeddings, splits, NAMES, SETTINGS)
    assert lines[0] == "20 of 120 transcripts have no gene in s.parquet"
    assert frame["n_train"][0] + frame["n_val"][0] + frame["n_test"][0] == N - 20


def test_order_of_embeddings_does_not_matter(inputs: tuple[Path, Path, Path]) -> None:
    expected = benchmark(*inputs, NAMES, SETTINGS)[0]
    names, matrix = embeddings_io.read_embeddings(inputs[1])
    embeddings_io.write_embeddings(inputs[1], names.reverse(), matrix[::-1])
    assert benchmark(*inputs, NAMES, SETTINGS)[0].equals(expected)


def test_splits_of_another_species(inputs: tuple[Path, Path, Path]) -> None:
    other = splits_table(N).with_columns(
        gene_id=format_expr("M{}", "gene_id"), gene_name=pl.lit(None, pl.String)
    )
    schemas.write_table(other, inputs[2], schemas.SPLITS)
    with pytest.raises(OrthrusError, match=r"has no gene of .*give the splits of its species"):
        benchmark(*inputs, NAMES, SETTINGS)


def test_labels_that_count_stand_in_the_table(inputs: tuple[Path, Path, Path]) -> None:
    task, embeddings, splits = inputs
    rng = np.random.default_rng(1)
    labels = np.column_stack([rng.integers(0, 2, (N, 2)), np.arange(N) == 0]).tolist()
    write_task(task, task_table([b"\x00"] * N, labels), "go-mf", "multilabel")
    frame, _, lines = benchmark(task, embeddings, splits, NAMES, SETTINGS)
    assert set(frame["n_labels"]) == {2}
    assert lines[0].startswith("label 'c' skipped in 3 of 3 seeds")


def test_both_solvers_stand_in_the_table(inputs: tuple[Path, Path, Path]) -> None:
    assert benchmark(*inputs, NAMES, SETTINGS)[0]["sklearn"].null_count() == 2 * len(SEEDS)
    both = benchmark(*inputs, NAMES, ProbeSettings(seeds=SEEDS, compare_solvers=True))[0]
    theirs = benchmark(*inputs, NAMES, ProbeSettings(seeds=SEEDS, solver="sklearn"))[0]
    assert both["sklearn"].equals(theirs["value"])
    np.testing.assert_allclose(both["sklearn"], both["value"], atol=1e-9)


def test_a_target_that_never_varies_names_task_and_seed(inputs: tuple[Path, Path, Path]) -> None:
    write_task(inputs[0], task_table([b"\x00"] * N, [[3.5]] * N), "rnahl-human", "regression")
    with pytest.raises(
        OrthrusError, match=r"t.parquet: seed 11: all training rows have the target 3.5, .*; leave"
    ):
        benchmark(*inputs, NAMES, SETTINGS)


def test_a_small_fold_names_task_and_seed(inputs: tuple[Path, Path, Path]) -> None:
    with pytest.raises(OrthrusError, match=r"t.parquet: seed 11: too small: 24 test rows"):
        benchmark(*inputs, NAMES, ProbeSettings(seeds=SEEDS, min_test=25))


def fitted(inputs: tuple[Path, Path, Path]) -> Path:
    probe = inputs[0].with_name("p.safetensors")
    benchmark(*inputs, NAMES, SETTINGS)[1].write(probe)
    return probe


def test_probes_predict_the_test_rows_of_their_own_seed(inputs: tuple[Path, Path, Path]) -> None:
    frame = held_out(*inputs, fitted(inputs))
    schemas.check(frame, schemas.HELD_OUT)
    splits = splits_table(N).filter(fold="test")
    for seed in SEEDS:
        rows = frame.filter(seed=seed)
        genes = sorted(splits.filter(seed=seed)["gene_id"])
        assert sorted(rows["transcript_id"].str.replace("T", "G")) == genes
        pairs = rows.select(pl.col("target", "predicted").list.first()).to_numpy()
        scores = benchmark(*inputs, NAMES, SETTINGS)[0].filter(seed=seed, metric="pearson_r")
        assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(scores["value"].item(), abs=1e-12)


def test_a_probe_of_another_task_or_width_or_labels_predicts_nothing(
    inputs: tuple[Path, Path, Path],
) -> None:
    task, embeddings, splits = inputs
    probe = fitted(inputs)
    names, matrix = embeddings_io.read_embeddings(embeddings)
    embeddings_io.write_embeddings(embeddings.with_name("wide.parquet"), names, np.tile(matrix, 2))
    with pytest.raises(OrthrusError, match=r"wide.parquet: .* have width 8, the probe takes 4"):
        held_out(task, embeddings.with_name("wide.parquet"), splits, probe)
    other = write_task(
        task.with_name("o.parquet"),
        schemas.read_table(task, schemas.TASK),
        "rnahl-mouse",
        "regression",
    )
    with pytest.raises(
        OrthrusError, match=r"p.safetensors: was fitted to rnahl-human; .* rnahl-mouse"
    ):
        held_out(other, embeddings, splits, probe)
    write_task(task, task_table([b"\x00"] * N, [[0.0, 1.0]] * N), "rnahl-human", "multilabel")
    with pytest.raises(OrthrusError, match=r"other labels than those of .*t.parquet; probe again"):
        held_out(task, embeddings, splits, probe)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_refused(
    inputs: tuple[Path, Path, Path], value: float
) -> None:
    task, embeddings, splits = inputs
    names, matrix = embeddings_io.read_embeddings(embeddings)
    matrix = matrix.copy()
    matrix[7, 2] = value
    embeddings_io.write_embeddings(embeddings, names, matrix)
    with pytest.raises(OrthrusError, match=rf"e.parquet: holds values .*first for {names[7]};"):
        benchmark(task, embeddings, splits, NAMES, SETTINGS)


def test_a_score_that_is_not_finite_names_task_and_seed(inputs: tuple[Path, Path, Path]) -> None:
    task, *others = inputs
    table = schemas.read_table(task, schemas.TASK)
    huge = table["target"].list.eval(pl.element() * 1e300)
    write_task(task, table.with_columns(target=huge), "rnahl-human", "regression")
    with pytest.raises(OrthrusError, match=r"t.parquet: seed \d+: .*not finite"):
        benchmark(task, *others, NAMES, SETTINGS)

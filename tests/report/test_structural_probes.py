from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from report_helpers import held_out_table

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.report import structural_probes
from orthrus.report.structural_probe_figures import shares

A, B, C = [1, 0, 0], [0, 1, 0], [0, 0, 1]
LABELS = {"exclusive": True, "labels": ["a", "b", "c"]}


def test_confusion_counts_own_by_likeliest_label_over_seeds() -> None:
    first = held_out_table([A, A, B], [[0.9, 0.2, 0.1], [0.3, 0.4, 0.1], [0.1, 0.8, 0.7]], seed=1)
    second = held_out_table([A, B], [[0.02, 0.01, 0.0], [0.1, 0.2, 0.3]], seed=2)
    counts = structural_probes.confusion(pl.concat([first, second]), 3)
    assert counts.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 0]]
    expected = [[2 / 3, 1 / 3, 0], [0, 0.5, 0.5], [0, 0, 0]]
    np.testing.assert_allclose(shares(counts), expected)


def test_a_label_that_was_not_fitted_is_never_likeliest() -> None:
    predicted = [[0.0, math.nan, 0.0], [0.1, math.nan, 0.2]]
    counts = structural_probes.confusion(held_out_table([B, C], predicted), 3)
    assert counts.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]


def test_predictions_are_read_by_split_and_model(tmp_path: Path) -> None:
    lengths = [held_out_table([[7.0]], [[6.5]], seed=2), held_out_table([[1.0]], [[0.0]], seed=1)]
    biotypes = held_out_table([A], [[0.2, 0.1, 0.1]])
    for path, frame in (
        ("homology/biotype/small", biotypes),
        ("homology/cds-length/small", pl.concat(lengths)),
        ("random/biotype/large", biotypes),
    ):
        schemas.write_table(frame, tmp_path / f"{path}.parquet", schemas.HELD_OUT)
    first, second = structural_probes.read_predictions(
        tmp_path, {"cds-length": {"labels": ["n"]}, "biotype": LABELS}
    )
    assert (first.split, first.model) == ("homology", "small")
    assert first.points["cds-length"].rows() == [(7.0, 6.5)]
    assert first.confusion["biotype"].sum() == 1
    assert (second.split, second.model, second.points) == ("random", "large", {})


def test_predictions_of_other_labels_than_the_task(tmp_path: Path) -> None:
    path = tmp_path / "homology/biotype/small.parquet"
    schemas.write_table(held_out_table(np.eye(4), np.eye(4)), path, schemas.HELD_OUT)
    with pytest.raises(OrthrusError, match=r"small.parquet: has other labels than its task"):
        structural_probes.read_predictions(tmp_path, {"biotype": LABELS})
    assert structural_probes.read_predictions(tmp_path, {"biotype": LABELS}, ["large"]) == []

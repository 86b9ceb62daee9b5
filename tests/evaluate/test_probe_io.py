from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from orthrus.errors import OrthrusError
from orthrus.evaluate import probe_io as linear_module
from orthrus.evaluate.probe_io import Linear, Probe

RNG = np.random.default_rng(0)
FACTS = {"task": "t", "model": "m", "kind": "multilabel", "labels": ["a", "b"], "seeds": [1, 2]}
X = RNG.normal(size=(5, 3))


def linear(probabilities: bool) -> Linear:
    mean, scale = RNG.normal(size=3), RNG.uniform(1, 2, size=3)
    weights, intercepts = RNG.normal(size=(3, 2)), RNG.normal(size=2)
    return Linear(mean, scale, weights, intercepts, probabilities)


def test_predictions_are_values_or_probabilities() -> None:
    fit = linear(probabilities=False)
    odds = Linear(fit.mean, fit.scale, fit.weights, fit.intercepts, probabilities=True)
    for row, values, chances in zip(X, fit.predict(X), odds.predict(X), strict=True):
        expected = fit.weights.T @ ((row - fit.mean) / fit.scale) + fit.intercepts
        np.testing.assert_allclose(values, expected)
        np.testing.assert_allclose(chances, 1 / (1 + np.exp(-expected)))


def test_probes_survive_their_file(tmp_path: Path) -> None:
    probe = Probe(FACTS, [linear(True), linear(True)])
    probe.write(tmp_path / "p.safetensors")
    read = Probe.read(tmp_path / "p.safetensors")
    assert read.facts == FACTS
    mean, spread = read.predict(X)
    each = np.stack([fit.predict(X) for fit in probe.fits])
    np.testing.assert_array_equal(mean, each.mean(axis=0))
    np.testing.assert_array_equal(spread, each.std(axis=0))


def test_a_label_that_a_seed_skipped_is_predicted_by_the_others() -> None:
    whole, part = linear(True), linear(True)
    part.weights[:, 1] = np.nan
    mean, _ = Probe(FACTS, [whole, part]).predict(X)
    np.testing.assert_allclose(mean[:, 1], whole.predict(X)[:, 1])
    none, _ = Probe(FACTS, [part]).predict(X)
    assert np.isnan(none[:, 1]).all()


def test_features_of_another_model_are_refused() -> None:
    probe = Probe(FACTS, [linear(True)])
    probe.check_width(3)
    with pytest.raises(OrthrusError, match=r"width 4, the probe takes 3; give the model .*, m"):
        probe.check_width(4)


def test_other_weights_are_refused() -> None:
    probe = Probe(FACTS | {"digest": "0123456789abcdef"}, [linear(True)])
    probe.check_model("0123456789abcdef")
    with pytest.raises(
        OrthrusError, match=r"to other weights, m with digest 0123456789ab, not ff;"
    ):
        probe.check_model("ff")
    with pytest.raises(OrthrusError, match=r"not no model; give those, or probe again"):
        probe.check_model(None)
    with pytest.raises(
        OrthrusError, match=r"was fitted to m, which has no recorded weights digest"
    ):
        Probe(FACTS, [linear(True)]).check_model("ff")


def test_predictions_are_a_table(tmp_path: Path) -> None:
    probe, names = Probe(FACTS, [linear(True), linear(True)]), pl.Series(list("vwxyz"))
    probe.fits[0].weights[:, 1] = probe.fits[1].weights[:, 1] = np.nan
    linear_module.write_predictions(tmp_path / "p.tsv", names, probe, X)
    linear_module.write_predictions(tmp_path / "p.csv", names, probe, X)
    linear_module.write_predictions(tmp_path / "p.parquet", names, probe, X)
    table = pl.read_parquet(tmp_path / "p.parquet")
    assert table.columns == ["transcript_id", "a", "a_sd", "b", "b_sd"]
    np.testing.assert_array_equal(table["a"], probe.predict(X)[0][:, 0])
    assert table["b"].null_count() == len(names)
    for name, separator in (("p.tsv", "\t"), ("p.csv", ",")):
        again = pl.read_csv(tmp_path / name, separator=separator, schema=table.schema)
        assert again.equals(table)


@pytest.mark.parametrize("name", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\tA", "\rA"])
def test_no_name_is_a_formula_to_a_spreadsheet(tmp_path: Path, name: str) -> None:
    probe = Probe({**FACTS, "labels": [name, "b"]}, [linear(True)])
    linear_module.write_predictions(tmp_path / "p.csv", pl.Series([name, *"wxyz"]), probe, X)
    table = pl.read_csv(tmp_path / "p.csv")
    assert table["transcript_id"].to_list() == [f"'{name}", *"wxyz"]
    assert table.columns[1] == f"'{name}"


def test_predictions_of_no_known_format(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"p\.txt: .*; name it \.parquet, \.tsv or \.csv$"):
        linear_module.write_predictions(
            tmp_path / "p.txt", pl.Series(list("vwxyz")), Probe(FACTS, [linear(True)]), X
        )
    assert not (tmp_path / "p.txt").exists()


@pytest.mark.parametrize("content", [None, b"", b"not safetensors"])
def test_another_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "p.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OrthrusError, match=r"p\.safetensors: (does not exist|is not a fitted)"):
        Probe.read(path)

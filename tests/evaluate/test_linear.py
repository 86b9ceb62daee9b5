from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from orthrus.errors import OrthrusError
from orthrus.evaluate.linear import Linear, Probe

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
    with pytest.raises(OrthrusError, match="width 4, the probe takes 3; embed with"):
        Probe(FACTS, [linear(True)]).predict(np.zeros((2, 4)))


@pytest.mark.parametrize("content", [None, b"", b"not safetensors"])
def test_another_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "p.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OrthrusError, match=r"p\.safetensors: (does not exist|is not a fitted)"):
        Probe.read(path)

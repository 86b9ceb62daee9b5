from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pretrain_helpers import TINY

from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings, ValidationSettings
from orthrus.errors import OrthrusError
from orthrus.pretrain import distributed, validation
from orthrus.pretrain.batching import BatchPlan
from orthrus.pretrain.lightning_module import Pretraining
from orthrus.pretrain.validation import split

GROUPS = np.repeat(np.arange(100), 3)
CLASSES = np.arange(300) % 2
BASES = np.arange(0, 300, 2)


def test_gene_groups_are_held_out_whole() -> None:
    wanted = ValidationSettings(by="gene", fraction=0.2)
    training, held_out = split(BASES, GROUPS, CLASSES, wanted, seed=1)
    np.testing.assert_array_equal(np.sort(np.concatenate([training, held_out])), BASES)
    assert not set(GROUPS[training]) & set(GROUPS[held_out])
    assert len(set(GROUPS[held_out])) == 20
    again = split(BASES, GROUPS, CLASSES, wanted, seed=1)[1]
    np.testing.assert_array_equal(held_out, again)
    assert set(split(BASES, GROUPS, CLASSES, wanted, seed=2)[1]) != set(held_out)


def test_single_short_transcripts_as_published() -> None:
    wanted = ValidationSettings(by="transcript", fraction=0.1)
    training, held_out = split(np.arange(300), GROUPS, CLASSES, wanted, seed=1)
    assert len(held_out) == 15
    assert (CLASSES[held_out] == 0).all()
    assert set(GROUPS[training]) & set(GROUPS[held_out])


def test_no_validation() -> None:
    training, held_out = split(BASES, GROUPS, CLASSES, ValidationSettings(fraction=0), seed=1)
    assert len(training) == len(BASES)
    assert not len(held_out)


@pytest.mark.parametrize("fraction", [0.001, 0.999])
def test_too_few_on_one_side(fraction: float) -> None:
    wanted = ValidationSettings(fraction=fraction)
    with pytest.raises(OrthrusError, match=r"validation.fraction: .* at least 2 must be"):
        split(BASES, GROUPS, CLASSES, wanted, seed=1)


NAN = float("nan")
PLAN = BatchPlan(order=np.arange(8), bounds=np.array([0, 1, 6, 8]), padded=8, real=8)
MEASURED = [(-1.0, 0.5, 0.1, 1.0), (0.0, 0.9, NAN, 2.0), (-4.0, 0.8, 0.4, 4.0)]


def measured(monkeypatch: pytest.MonkeyPatch, batches, weight: float) -> dict[str, float]:
    """What is made of the given measures of batches of 1, 5 and 2 pairs."""

    def batch(epoch: Any, k: int, masked: bool) -> Any:
        assert not masked
        return SimpleNamespace(groups=PLAN[k], number=k)

    examples = SimpleNamespace(held_out=lambda bases: SimpleNamespace(plan=PLAN), batch=batch)
    monkeypatch.setattr(validation, "_measure", lambda module, batch: batches[batch.number])
    module = Pretraining(settings(PretrainSettings, [*TINY, f"objective.mlm_weight={weight}"]))
    found = validation.HeldOut(examples, np.arange(8)).measure(module)
    assert module.training
    return found


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (0, {"val_loss": -3.0, "val_positive": 0.7, "val_negative": 0.3}),
        (0.5, {"val_loss": -3.0, "val_positive": 0.7, "val_negative": 0.3, "val_mlm": 3.0}),
        (1, {"val_loss": 19 / 8, "val_mlm": 19 / 8}),
    ],
)
def test_batches_without_negatives_do_not_count(monkeypatch, weight, expected) -> None:
    assert measured(monkeypatch, MEASURED, weight) == pytest.approx(expected)


def test_no_batch_counts(monkeypatch) -> None:
    assert measured(monkeypatch, [MEASURED[1]] * 3, 0) == {}


def test_ranks_share_the_batches(monkeypatch) -> None:
    """Rank 1 of 2 measures the second batch, and what it adds up is summed over ranks."""
    monkeypatch.setattr(distributed, "ranks", lambda: 2)
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    sums = []
    monkeypatch.setattr(distributed, "total", lambda values: sums.append(values) or values)
    measured(monkeypatch, [MEASURED[0]] * 3, 0)
    assert sums[0].tolist() == pytest.approx([5, -5, 2.5, 0.5, 5])

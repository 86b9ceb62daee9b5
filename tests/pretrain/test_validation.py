from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from orthrus.config.pretrain import ValidationSettings
from orthrus.errors import OrthrusError
from orthrus.pretrain import validation
from orthrus.pretrain.batching import Plan
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


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (
            [(-1.0, 0.5, 0.1), (0.0, 0.9, np.nan), (-4.0, 0.8, 0.4)],
            {"val_loss": -3.0, "val_positive": 0.7, "val_negative": 0.3},
        ),
        ([(0.0, 0.9, np.nan)] * 3, {}),
    ],
)
def test_batches_without_negatives_do_not_count(monkeypatch, measured, expected) -> None:
    plan = Plan(order=np.arange(8), bounds=np.array([0, 1, 6, 8]), padded=8, real=8)
    examples = SimpleNamespace(
        held_out=lambda bases: SimpleNamespace(plan=plan), batch=lambda epoch, k, masked: k
    )
    monkeypatch.setattr(validation, "_measure", lambda module, k: measured[k])
    module = torch.nn.Identity()
    found = validation.HeldOut(examples, np.arange(8)).measure(module)
    assert found == pytest.approx(expected)
    assert module.training

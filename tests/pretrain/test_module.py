from __future__ import annotations

import math

import pytest
import torch
from pretrain_helpers import TINY

from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings
from orthrus.pretrain.data import Batch
from orthrus.pretrain.module import Pretraining, rate


def module(*assignments: str) -> Pretraining:
    return Pretraining(settings(PretrainSettings, [*TINY, *assignments]))


def batch() -> Batch:
    generator = torch.Generator().manual_seed(0)
    longer = torch.randint(0, 5, (4, 30), generator=generator, dtype=torch.uint8)
    return Batch(
        longer,
        longer[:, :20].contiguous(),
        torch.tensor([30, 29, 30, 28]),
        torch.tensor([20, 20, 18, 19]),
        torch.tensor([False, True, False, True]),
        torch.tensor([True, False, False, True]),
        torch.tensor([0, 1, 2, 3]),
    )


def test_schedule() -> None:
    shares = [rate(step, 10, 110) for step in range(110)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[5] == pytest.approx(0.55)
    assert shares[10] == 1
    assert shares[60] == pytest.approx(0.5)
    assert shares[85] == pytest.approx((1 + math.cos(math.pi * 0.75)) / 2)
    assert rate(110, 10, 110) == 0
    assert rate(0, 0, 1) == 1


def test_parameter_groups() -> None:
    made = module("train.head_lr=0.5", "train.head_weight_decay=0.25")
    encoder, head = made.configure_optimizers()["optimizer"].param_groups
    assert (encoder["initial_lr"], encoder["weight_decay"]) == (1e-3, 5e-5)
    assert (head["initial_lr"], head["weight_decay"]) == (0.5, 0.25)
    in_groups = {id(p) for group in (encoder, head) for p in group["params"]}
    assert in_groups == {id(p) for p in made.parameters()}


def test_every_parameter_gets_a_gradient() -> None:
    made = module()
    made.training_step(batch(), 0).backward()
    for name, parameter in made.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_views_come_back_in_their_order() -> None:
    made, given = module().eval(), batch()
    first, second = made.project(given)
    longer = made.projector(made.encoder.embed(given.longer, given.longer_lengths))
    for pair in range(4):
        torch.testing.assert_close((second if given.swapped[pair] else first)[pair], longer[pair])


def test_weights_start_from_the_seed() -> None:
    one, same, other = module(), module(), module("seed=1")
    for a, b in zip(one.parameters(), same.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(one.encoder.embedding.weight, other.encoder.embedding.weight)


def test_ortholog_weight_counts() -> None:
    full, less = module("objective.ortholog_weight=1"), module("objective.ortholog_weight=0.5")
    given = batch()
    difference = (less.training_step(given, 0) - full.training_step(given, 0)).item()
    first, second = full.project(given)
    cosines = torch.cosine_similarity(first, second)[given.ortholog]
    assert difference == pytest.approx(0.5 * cosines.sum().item() / 0.1 / 4, rel=1e-4)

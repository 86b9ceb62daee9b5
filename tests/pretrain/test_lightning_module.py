from __future__ import annotations

import math

import pytest
import torch
from pretrain_helpers import TINY, made_batch

from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings
from orthrus.errors import OrthrusError
from orthrus.pretrain import distributed
from orthrus.pretrain.lightning_module import Pretraining, rate
from orthrus.pretrain.mlm import shown


def module(*assignments: str) -> Pretraining:
    return Pretraining(settings(PretrainSettings, [*TINY, *assignments]))


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


@pytest.mark.parametrize("weight", [0, 0.95, 1])
def test_every_parameter_gets_a_gradient(weight: float) -> None:
    made = module(f"objective.mlm_weight={weight}")
    # A hidden nucleotide has no state of its own before the bias has learned.
    torch.nn.init.normal_(made.encoder.embedding.bias)
    made.training_step(made_batch(6, marked=0.3), 0)["loss"].backward()
    for name, parameter in made.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert (made.projector is None, made.sequence_head is None) == (weight == 1, weight == 0)


def test_views_come_back_in_their_order() -> None:
    made, given = module().eval(), made_batch(6)
    views = made.project(given, made.states(given, shown))
    longer = made.projector(made.encoder.embed(given.longer, given.longer_lengths))
    assert given.swapped.any()
    for pair, swapped in enumerate(given.swapped):
        torch.testing.assert_close(views[int(swapped)][pair], longer[pair])


def test_weights_start_from_the_seed() -> None:
    one, same, other = module(), module(), module("seed=1")
    for a, b in zip(one.parameters(), same.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(one.encoder.embedding.weight, other.encoder.embedding.weight)


@pytest.mark.parametrize("kind", [*enumerate(("self_pair", "splice", "naive", "ortholog"))])
def test_weights_of_the_kinds_of_pairs_count(kind: tuple[int, str]) -> None:
    code, name = kind
    full, less = (
        module(f"objective.weights.{name}={weight}", "objective.negatives=all")
        for weight in (1, 0.5)
    )
    given = made_batch(6)._replace(kind=torch.tensor([0, 1, 2, 3, code, 0]))
    losses = [made.training_step(given, 0)["loss"].item() for made in (less, full)]
    views = full.project(given, full.states(given, shown))
    cosines = torch.cosine_similarity(*views)[given.kind == code]
    assert losses[0] - losses[1] == pytest.approx(0.5 * cosines.sum().item() / 0.1 / 6, rel=1e-4)


def test_joint_loss_weighs_its_parts() -> None:
    made, given = module("objective.mlm_weight=0.95"), made_batch(6, marked=0.2)
    found = made.training_step(given, 0)
    contrastive, predicted = found["shares"].tolist()
    assert found["loss"].item() == pytest.approx(0.05 * contrastive + 0.95 * predicted)


def test_masked_modelling_needs_a_state_for_each_nucleotide() -> None:
    with pytest.raises(OrthrusError, match=r"objective\.mlm_weight: needs a hidden state"):
        module("objective.mlm_weight=0.95", "encoder.kind=saluki")


@pytest.mark.parametrize("kind", ["dilated_cnn", "saluki"])
def test_other_encoders_train(kind: str) -> None:
    made = module(f"encoder.kind={kind}")
    assert made.training_step(made_batch(6), 0)["loss"].isfinite()


def test_dropout_is_drawn_by_step_and_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    made, draws = module(), []
    for step, rank in ((0, 0), (0, 0), (1, 0), (0, 1)):
        monkeypatch.setattr(type(made), "global_step", step)
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        made.on_train_batch_start(made_batch(2), 0)
        draws.append(torch.rand(1).item())
    assert draws[0] == draws[1]
    assert len(set(draws)) == 3

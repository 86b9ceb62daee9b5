from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from evaluate_helpers import random_codes
from torch.nn import functional

from orthrus.array_types import Floats
from orthrus.config.finetune import FinetuneSettings, Recipe
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate.embed import threads
from orthrus.evaluate.finetune_train import Labelled, Predictor, Trainer
from orthrus.evaluate.transcript_inputs import Transcripts
from orthrus.models.registry import make
from orthrus.pretrain.lightning_module import rate

N, TRAIN = 30, np.arange(20)
EVERY = 2
RECIPE = Recipe(
    lr=0.01, weight_decay=0.1, steps=8, warmup=2, clip=1.0, clip_by="norm", max_length=99
)
SETTINGS = FinetuneSettings(hidden=8, batch=8, validate_every=EVERY, device="cpu")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threads(1):
        yield


@pytest.fixture
def data() -> Labelled:
    """Return transcripts whose target is their share of A, standardised over the training rows."""
    codes = random_codes(N)
    offsets = np.cumsum([0, *map(len, codes)])
    names = pl.Series([f"T{row}" for row in range(N)])
    transcripts = Transcripts(names, np.frombuffer(b"".join(codes), np.uint8), offsets)
    share = np.array([[code.count(0) / len(code)] for code in codes])
    targets = (share - share[TRAIN].mean()) / share[TRAIN].std()
    return Labelled(transcripts, targets, TRAIN, np.arange(20, N))


def predictor(kind: str = "mamba", labels: int = 1) -> Predictor:
    torch.manual_seed(3)
    settings = EncoderSettings.model_validate({"kind": kind, "width": 16, "layers": 1})
    return Predictor(make(settings), SETTINGS.hidden, labels)


def trainer(data: Labelled, recipe: Recipe = RECIPE, **changes: Any) -> Trainer:
    settings = SETTINGS.model_copy(update=changes)
    return Trainer(predictor(), data, "regression", recipe, settings)


def last(predicted: Floats, counter: Any = itertools.count()) -> float:  # noqa: B008
    """Like the latest predictions best."""
    del predicted
    return float(next(counter))


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(left[name], right[name]) for name in left)


def test_a_simple_signal_is_learnt_better_than_by_its_mean(data: Labelled) -> None:
    made = trainer(data, RECIPE.model_copy(update={"steps": 100, "weight_decay": 0.0}))
    made.fit(pretrained=False, seed=0, measure=last)
    residual = made.predict(TRAIN) - data.targets[TRAIN]
    assert np.square(residual).mean() < 0.2 * data.targets[TRAIN].var()


def test_labels_that_are_yes_or_no(data: Labelled) -> None:
    labels = np.hstack([data.targets > 0, data.targets < 0.3]).astype(float)
    own = Labelled(data.transcripts, labels, data.train, data.val)
    recipe = RECIPE.model_copy(update={"steps": 100, "weight_decay": 0.0})
    made = Trainer(predictor(labels=2), own, "multilabel", recipe, SETTINGS)
    made.fit(pretrained=False, seed=0, measure=last)
    assert ((made.predict(TRAIN) > 0) == labels[TRAIN]).mean() > 0.9


def test_against_a_plain_loop(data: Labelled) -> None:
    made = trainer(data, RECIPE.model_copy(update={"steps": 4}), batch=len(TRAIN))
    model = copy.deepcopy(made.model)
    made.fit(pretrained=True, seed=0, measure=last)
    encoder, head = model.encoder.parameters(), model.head.parameters()
    optimizer = torch.optim.AdamW(
        [{"params": [*encoder], "weight_decay": 0}, {"params": [*head], "weight_decay": 0.1}]
    )
    target = torch.from_numpy(data.targets[TRAIN]).float()
    offsets = data.transcripts.offsets
    for step in range(4):
        optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = 0.01 * rate(step, 2, 4)
        vectors = [
            model.encoder.embed(torch.from_numpy(codes.copy())[None], torch.tensor([len(codes)]))
            for codes in np.split(data.transcripts.codes, offsets[1:-1])[: len(TRAIN)]
        ]
        optimizer.zero_grad()
        functional.mse_loss(model.head(torch.cat(vectors)), target).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    # Batch norm takes a shift of all vectors away: no gradient but rounding, which Adam scales up.
    shifts = {"encoder.norm_f.bias", "head.1.running_mean"}
    found = made.model.state_dict()
    for name, value in model.state_dict().items():
        if name not in shifts:
            torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-4)


def test_validation_restores_the_best_weights_and_stops(data: Labelled) -> None:
    scores = [0.1, 0.5, 0.5, 0.2]  # and no more: a fifth would be an error
    seen: list[dict[str, torch.Tensor]] = []
    made = trainer(data, RECIPE.model_copy(update={"steps": 100}), patience=2)

    def measure(predicted: Floats) -> float:
        assert predicted.shape == (10, 1)
        seen.append(weights(made.model))
        return scores[len(seen) - 1]

    assert made.fit(pretrained=False, seed=0, measure=measure) == 2 * EVERY
    assert len(seen) == 4
    assert same(weights(made.model), seen[1])
    assert not same(seen[1], seen[3])


def test_the_last_step_is_scored_too(data: Labelled) -> None:
    made = trainer(data, RECIPE.model_copy(update={"steps": 5}))
    assert made.fit(pretrained=False, seed=0, measure=last) == 5


@pytest.mark.parametrize("pretrained", [True, False])
def test_weight_decay_spares_pretrained_weights(data: Labelled, pretrained: bool) -> None:
    found = []
    for decay in (0.0, 5.0):
        made = trainer(
            data, RECIPE.model_copy(update={"steps": 1, "warmup": 0} | {"weight_decay": decay})
        )
        made.fit(pretrained=pretrained, seed=0, measure=last)
        found.append(made.model)
    assert same(weights(found[0].encoder), weights(found[1].encoder)) == pretrained
    assert not same(weights(found[0].head), weights(found[1].head))


@pytest.mark.parametrize("clip_by", ["norm", "value"])
def test_a_clipped_gradient_moves_nothing(data: Labelled, clip_by: str) -> None:
    tight = {"clip": 1e-20, "clip_by": clip_by, "weight_decay": 0.0}
    made = trainer(data, RECIPE.model_copy(update=tight))
    before = {name: value.detach().clone() for name, value in made.model.named_parameters()}
    made.fit(pretrained=False, seed=0, measure=last)
    for name, value in made.model.named_parameters():
        torch.testing.assert_close(value, before[name], rtol=0, atol=1e-9)


def test_transcripts_encoded_apart_are_the_same_batch(data: Labelled) -> None:
    model, rows = predictor().train(), np.random.default_rng(0).permutation(TRAIN)
    whole = model(data.transcripts, rows, 1 << 20)
    torch.testing.assert_close(model(data.transcripts, rows, 1), whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["dilated_cnn", "saluki"])
def test_batch_statistics_are_of_the_whole_batch(data: Labelled, kind: str) -> None:
    model, found = predictor(kind).train(), []
    for max_tokens in (1, 1 << 20):
        torch.manual_seed(0)
        found.append(model(data.transcripts, TRAIN, max_tokens))
    assert torch.equal(*found)
    model.eval()
    apart, together = (model(data.transcripts, TRAIN, tokens) for tokens in (1, 1 << 20))
    torch.testing.assert_close(apart, together, rtol=1e-4, atol=1e-5)


def test_saluki_has_its_own_last_layers() -> None:
    assert [type(layer).__name__ for layer in predictor("saluki").head] == ["Linear"]
    assert len(predictor().head) == 4


def test_mixed_precision_is_close(data: Labelled) -> None:
    made = trainer(data, precision="bf16-mixed")
    made.fit(pretrained=False, seed=0, measure=last)
    plain = trainer(data)
    plain.fit(pretrained=False, seed=0, measure=last)
    found, wanted = made.predict(TRAIN), plain.predict(TRAIN)
    assert not np.array_equal(found, wanted)
    np.testing.assert_allclose(found, wanted, atol=0.2)


def test_a_training_that_diverges(data: Labelled) -> None:
    made = trainer(data)
    torch.nn.init.constant_(next(made.model.head.parameters()), torch.nan)
    with pytest.raises(OrthrusError, match=r"the loss of step 1 is not finite; lower lr"):
        made.fit(pretrained=False, seed=0, measure=last)

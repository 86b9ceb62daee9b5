"""Settings of fine-tuning: how an encoder and a head are trained on the labels of one task."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from orthrus.benchmark_tasks import KNOWN, SLOW_RATE
from orthrus.benchmark_tasks import Recipe as TaskRecipe
from orthrus.config.models import EncoderSettings, encoder_kind
from orthrus.config.relations import Seeds
from orthrus.config.settings_model import Name, SettingsModel, parse

Source = Literal["paper", "published_code"]
PRETRAINED = "pretrained"
"""What is trained where it is no fresh encoder of some kind."""

Matched = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="Lowest fraction of a task's transcripts whose genes the splits must have.",
    ),
]
Count = Annotated[int, Field(ge=2)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Recipe(SettingsModel):
    """The optimiser and its schedule for one model on one task."""

    lr: float = Field(gt=0)
    weight_decay: float = Field(ge=0)
    steps: int = Field(ge=1)
    warmup: int = Field(ge=0)
    clip: float = Field(gt=0)
    clip_by: Literal["norm", "value"]
    max_length: int = Field(ge=1)

    @model_validator(mode="after")
    def _rises_and_falls(self) -> Recipe:
        if self.warmup >= self.steps:
            raise ValueError(f"warmup={self.warmup} leaves nothing of steps={self.steps}; lower it")
        return self


def published(task: str, start: str, source: Source) -> dict[str, Any]:
    """Return the recipe of a model on a task: the paper's A.6, and what only its code tells.

    A.6 names learning rates and weight decays of pretrained encoders (none for `prot-loc`, whose
    rate is the code's). Schedules, clipping, lengths, and all of fresh encoders are the code's.

    Parameters
    ----------
    start
        `PRETRAINED`, or the kind of an encoder with fresh weights.
    """
    found = KNOWN[task].recipe if task in KNOWN else TaskRecipe()
    warmup, clip, clip_by = 1_000, 0.5, "norm"
    if start == PRETRAINED:
        lr, weight_decay = found.lr, found.weight_decay if source == "paper" else 0.0
        warmup = 400 if lr == 1e-3 else 1_000
        clip, clip_by = found.clip, found.clip_by
    else:
        kind = encoder_kind(start)
        lr, weight_decay = SLOW_RATE if start in found.slow else kind.lr, kind.weight_decay
    return {
        "lr": lr, "weight_decay": weight_decay, "steps": found.steps, "warmup": warmup,
        "clip": clip, "clip_by": clip_by, "max_length": found.max_length,
    }  # fmt: skip


class FinetuneSettings(SettingsModel):
    """How encoders are trained on labels (paper, A.6); null: as published for model and task."""

    labels: tuple[Literal["full"] | Count | Share, ...] = Field(
        (30, 100, 300, "full"),
        min_length=1,
        description="Training labels to fine-tune on, each in turn: a number, a share of the "
        "training rows, or `full`. Smaller ones are part of larger ones.",
    )
    seeds: Seeds = Field(
        (0, 1, 2), description="Seeds of splits, choice of labels, fresh weights and batches."
    )
    recipe: Source = Field(
        "paper",
        description="`paper`: weight decay of the head as the paper's A.6 says, 1e-3 or 1e-4; "
        "`published_code`: none.",
    )
    lr: float | None = Field(None, gt=0, description="Peak learning rate.")
    weight_decay: float | None = Field(
        None,
        ge=0,
        description="Weight decay of the head, and of an encoder that starts from fresh weights.",
    )
    steps: int | None = Field(None, ge=1, description="Optimiser steps at most.")
    warmup: int | None = Field(
        None, ge=0, description="Steps of linear warm-up, before the rate falls as a half cosine."
    )
    clip: float | None = Field(None, gt=0, description="Limit of the gradient.")
    clip_by: Literal["norm", "value"] | None = Field(
        None, description="Whether `clip` limits the gradient's norm or each of its values."
    )
    max_length: int | None = Field(
        None, ge=1, description="Longest transcript, nt; longer ones are left out of all folds."
    )
    hidden: int = Field(256, ge=1, description="Channels between the two layers of the head.")
    batch: int = Field(64, ge=2, description="Transcripts per step.")
    validate_every: int = Field(
        100, ge=1, description="Steps between two scores on the validation fold."
    )
    patience: int | None = Field(
        20, ge=1, description="Stop after so many scores without a new best; null: never."
    )
    min_test: int = Field(10, ge=3, description="Fewest test rows a model is scored on.")
    min_matched: Matched = 0.1
    max_tokens: int = Field(
        1 << 16,
        ge=1,
        description="Nucleotides encoded at once, padding included; a longer transcript goes "
        "alone. Encoders with batch statistics read a training batch whole.",
    )
    precision: Literal["bf16-mixed", 32] = Field(
        32, description="Numbers to compute in; `bf16-mixed` as published."
    )
    threads: int = Field(
        1, ge=1, description="CPU threads; values are identical for a given count."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where models are trained; `auto` is a GPU where there is one."
    )

    def of(self, task: str, start: str) -> Recipe:
        """Return the recipe of a model on a task: the published one, but for keys that are set.

        Raises
        ------
        OrthrusError
            The warm-up is no shorter than the training.
        """
        values = published(task, start, self.recipe)
        own = {key: getattr(self, key) for key in values}
        given = {key: value for key, value in own.items() if value is not None}
        return parse(Recipe, values | given, f"fine-tuning {task}")


class FinetuneRun(FinetuneSettings):
    """The settings of one model to fine-tune."""

    encoder: EncoderSettings = Field(
        EncoderSettings(), description="Encoder of a model that starts from fresh weights."
    )


class FinetunePlan(SettingsModel):
    """What a build fine-tunes: each of these models on each of these tasks."""

    tasks: tuple[str, ...] = Field((), description="Tasks of the build.")
    models: tuple[str, ...] = Field(
        (), description="Models of the build, starting from their pretrained weights."
    )
    scratch: dict[Name, EncoderSettings] = Field(
        {}, description="Encoders that start from fresh weights, by name."
    )

    @property
    def names(self) -> list[str]:
        """Names of all that is fine-tuned."""
        return [*self.models, *self.scratch]

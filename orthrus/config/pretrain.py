"""Settings of the pretrain stage: one `PretrainSettings` describes one model to train.

The defaults follow the paper (Methods and appendix A.3) except where a better choice costs nothing:
batches of a constant number of tokens, validation by gene group, and negatives from other genes
only. The presets hold the paper's own values.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, model_validator

from orthrus.config.models import EncoderSettings
from orthrus.config.settings_model import SettingsModel


class WeightSettings(SettingsModel):
    """Weights of the positive term of each kind of pair."""

    self_pair: float = Field(1.0, ge=0, description="of a transcript with itself")
    splice: float = Field(1.0, ge=0, description="of splice isoforms")
    naive: float = Field(1.0, ge=0, description="of the same symbol in two reference species")
    ortholog: float = Field(0.8, ge=0, description="of a transcript and a TOGA projection")


class ObjectiveSettings(SettingsModel):
    """What is minimised: (1 - mlm_weight) x contrastive loss + mlm_weight x masked modelling."""

    contrastive: Literal["dcl", "nt_xent"] = Field(
        "dcl",
        description="`dcl`: the decoupled contrastive loss (paper, equation 5); `nt_xent`: the "
        "normalised temperature-scaled cross entropy",
    )
    dcl: Literal["paper", "published_code"] = Field(
        "paper",
        description="`paper`: one logarithm over all negatives of both views (paper, equation 5); "
        "`published_code`: one logarithm per view, as the released code sums them",
    )
    negatives: Literal["other_genes", "all"] = Field(
        "other_genes",
        description="`other_genes`: only transcripts of other gene groups repel each other; "
        "`all`: every other pair of the batch does, as published",
    )
    temperature: float = Field(0.1, gt=0, description="temperature of the similarities")
    weights: WeightSettings = Field(
        default_factory=WeightSettings, description="weights of the positive terms"
    )
    projector_norm: Literal["global", "per_rank"] = Field(
        "global",
        description="batch statistics of the heads: `global`: over all ranks; `per_rank`: over "
        "each rank's own batch, as published",
    )
    mlm_weight: float = Field(
        0.0,
        ge=0,
        le=1,
        description="weight of masked language modelling: 0.95 in Orthrus MLM; 1: no contrastive "
        "loss",
    )
    mlm_mask: float = Field(
        0.15, gt=0, lt=1, description="chance of a nucleotide to be hidden and predicted"
    )
    mlm_hides: Literal["tracks", "nucleotide"] = Field(
        "tracks",
        description="what is hidden there: `tracks`: all tracks, as published; `nucleotide`: not "
        "the codon and exon marks",
    )


class AugmentSettings(SettingsModel):
    """How the second view of a transcript is drawn, and what is hidden from the encoder."""

    splice: bool = Field(True, description="pair a transcript with its splice isoforms")
    naive: bool = Field(
        True,
        description="with `splice`, count transcripts of the same symbol in other reference "
        "species as isoforms too, as published",
    )
    ortholog: bool = Field(True, description="pair it with TOGA projections of its gene")
    ortholog_probability: float = Field(
        0.5, ge=0, le=1, description="chance of an ortholog where both kinds of partner exist"
    )
    combine_utr: bool = Field(
        True, description="give an ortholog partner, which has none, the transcript's own UTRs"
    )
    combined_lengths: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]] = Field(
        (3_900, 12_288),
        description="most nucleotides of such a view, for short and for long transcripts; a longer "
        "one keeps the bare CDS",
    )
    drop_utr: float = Field(
        0.0,
        ge=0,
        le=1,
        description="chance of each UTR of each view to be cut off; 1 leaves the CDS alone",
    )
    mask_sequence: float = Field(
        0.3, ge=0, lt=1, description="share of positions whose nucleotide is hidden"
    )
    mask_tracks: float = Field(
        0.3, ge=0, lt=1, description="share of positions hidden in the codon and the splice track"
    )


class BatchSettings(SettingsModel):
    """How pairs are put together into batches."""

    strategy: Literal["token_budget", "paper"] = Field(
        "token_budget",
        description="`token_budget`: batches of similar lengths and a constant number of tokens; "
        "`paper`: a constant number of pairs, long and short transcripts apart, one batch in four "
        "long",
    )
    tokens: int = Field(
        65_536,
        gt=0,
        description="of `token_budget`: most nucleotides per step over all ranks, both views and "
        "their padding together; above it, a batch of long transcripts still holds two pairs",
    )
    sizes: tuple[
        Annotated[int, Field(ge=2)], Annotated[int, Field(ge=2)], Annotated[int, Field(ge=2)]
    ] = Field(
        (50, 150, 50),
        description="of `paper`: pairs in a batch of long, of short and of held-out transcripts",
    )
    max_length: int = Field(
        12_288, gt=0, description="longest transcript, nt; longer ones are left out"
    )


class TrainSettings(SettingsModel):
    """The optimiser, its schedule, and the rhythm of saving and validating."""

    steps: int = Field(20_000, ge=0, description="optimiser steps; 0 saves the untrained encoder")
    lr: float = Field(1e-3, gt=0, description="peak learning rate of the encoder")
    weight_decay: float = Field(5e-5, ge=0, description="weight decay of the encoder")
    head_lr: float = Field(1e-3, gt=0, description="peak learning rate of the projection head")
    head_weight_decay: float = Field(1e-4, ge=0, description="weight decay of the projection head")
    warmup: int = Field(
        2_000, ge=0, description="steps of linear warm-up from a tenth of the peak rate"
    )
    clip: float = Field(5.0, gt=0, description="largest norm of the gradient")
    precision: Literal["bf16-mixed", 32, 64] = Field(
        32, description="numbers to compute in; `bf16-mixed` as published, 64 for comparisons"
    )
    select: Literal["validation", "last"] = Field(
        "validation",
        description="which weights become the model: those of the lowest validation loss (the "
        "paper), or the last (as published)",
    )
    checkpoint_every: int = Field(50, gt=0, description="steps between saved resume states")
    validate_every: int = Field(100, gt=0, description="steps between validations")
    threads: int = Field(2, ge=1, description="CPU threads; part of the identity of a result")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="where the model trains; `auto` is a GPU where there is one"
    )
    devices: int = Field(
        1,
        ge=1,
        description="processes on this machine, one per GPU; under `torchrun`, its own number",
    )
    peak_tflops: float | None = Field(
        None,
        gt=0,
        description="matrix operations the device can do, 10¹² per second, for the utilisation in "
        "throughput.csv; without it, the data sheet's of a known GPU",
    )
    wandb: str | None = Field(
        None, description="Weights & Biases project that also receives the metrics"
    )

    @property
    def cores(self) -> int:
        """CPU threads of all processes on a machine."""
        return self.threads * self.devices


class ValidationSettings(SettingsModel):
    """What is held out of training to watch the loss."""

    by: Literal["gene", "transcript"] = Field(
        "gene",
        description="`gene`: whole gene groups are held out; `transcript`: single transcripts, "
        "whose isoforms and orthologs stay in training (as published; leaks)",
    )
    fraction: float = Field(0.05, ge=0, lt=1, description="share held out; 0: no validation")


@cache
def presets() -> dict[str, Any]:
    """Return the settings of the paper's models by name: see presets.yaml."""
    text = resources.files("orthrus.config").joinpath("presets.yaml").read_text("utf-8")
    models: dict[str, Any] = yaml.safe_load(text)
    return models


class PretrainSettings(SettingsModel):
    """Everything that decides what a pretrained model is, but its input data."""

    preset: Literal["small", "small_a100", "orthrus", "orthrus_mlm"] | None = Field(
        None,
        description="start from the paper's values of a model instead of the defaults; keys given "
        "beside it win",
    )
    encoder: EncoderSettings = Field(
        default_factory=EncoderSettings, description="the encoder's architecture"
    )
    objective: ObjectiveSettings = Field(
        default_factory=ObjectiveSettings, description="the training objective"
    )
    augment: AugmentSettings = Field(
        default_factory=AugmentSettings, description="positive pairs and masks"
    )
    batch: BatchSettings = Field(default_factory=BatchSettings, description="batches")
    train: TrainSettings = Field(default_factory=TrainSettings, description="optimisation")
    validation: ValidationSettings = Field(
        default_factory=ValidationSettings, description="held-out data"
    )
    seed: int = Field(
        42, ge=0, description="seed of weights, held-out data, pairs, masks and order"
    )

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, values: Any) -> Any:
        """Put the preset's values where none are given; what is left names no preset."""
        if not isinstance(values, Mapping) or values.get("preset") not in presets():
            return values
        given = {key: own for key, own in values.items() if key != "preset"}
        return _under(given, presets()[values["preset"]])


class ModelSettings(PretrainSettings):
    """A model of a build: trained as these keys say, or read from the weights that it names."""

    weights: str | None = Field(
        None,
        description="read these weights instead of training: a model's folder or file, in any "
        "published layout, where a relative path starts at the folder of the build file; or the "
        "name of a file of weights in the catalogue; no other key may stand beside it",
    )

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, values: Any) -> Any:
        """Refuse settings of training beside weights that are not trained."""
        named = isinstance(values, Mapping) and values.get("weights") is not None
        if named and (beside := sorted(map(str, values.keys() - {"weights"}))):
            raise ValueError(f"weights are read, not trained; take out {beside[0]!r} beside them")
        return values


def _under(values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Complete nested `values` by those of `base`."""
    merged = dict(base)
    for key, own in values.items():
        below = merged.get(key)
        nested = isinstance(own, Mapping) and isinstance(below, Mapping)
        merged[key] = _under(own, below) if nested else own  # type: ignore[arg-type]
    return merged

"""Settings of the pretrain stage: one `PretrainSettings` describes one model to train.

The defaults follow P2 (Methods and appendix A.3) except where a better choice costs nothing:
validation by gene group, and negatives from other genes only.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orthrus.config.base import Section
from orthrus.config.models import EncoderSettings


class ObjectiveSettings(Section):
    """The decoupled contrastive loss (P2, equation 5)."""

    dcl: Literal["paper", "published_code"] = Field(
        "paper",
        description="`paper`: one logarithm over all negatives of both views (P2, equation 5); "
        "`published_code`: one logarithm per view, as the released code sums them",
    )
    negatives: Literal["other_genes", "all"] = Field(
        "other_genes",
        description="`other_genes`: only transcripts of other gene groups repel each other; "
        "`all`: every other pair of the batch does, as published",
    )
    temperature: float = Field(0.1, gt=0, description="temperature of the similarities")
    ortholog_weight: float = Field(
        0.8, ge=0, le=1, description="weight of the positive term of ortholog pairs; others have 1"
    )


class AugmentSettings(Section):
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
    mask_sequence: float = Field(
        0.3, ge=0, lt=1, description="share of positions whose nucleotide is hidden"
    )
    mask_tracks: float = Field(
        0.3, ge=0, lt=1, description="share of positions hidden in the codon and the splice track"
    )


class BatchSettings(Section):
    """How pairs are put together into batches."""

    strategy: Literal["token_budget"] = Field(
        "token_budget", description="batches of similar lengths and a constant number of tokens"
    )
    tokens: int = Field(
        65_536,
        gt=0,
        description="most nucleotides per step, both views and their padding together; above it, a "
        "batch of long transcripts still holds two pairs",
    )
    max_length: int = Field(
        12_288, gt=0, description="longest transcript, nt; longer ones are left out"
    )


class TrainSettings(Section):
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
    checkpoint_every: int = Field(50, gt=0, description="steps between saved resume states")
    validate_every: int = Field(100, gt=0, description="steps between validations")
    threads: int = Field(2, ge=1, description="CPU threads; part of the identity of a result")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="where the model trains; `auto` is a GPU where there is one"
    )


class ValidationSettings(Section):
    """What is held out of training to watch the loss."""

    by: Literal["gene", "transcript"] = Field(
        "gene",
        description="`gene`: whole gene groups are held out; `transcript`: single transcripts, "
        "whose isoforms and orthologs stay in training (as published; leaks)",
    )
    fraction: float = Field(0.05, ge=0, lt=1, description="share held out; 0: no validation")


class PretrainSettings(Section):
    """Everything that decides what a pretrained model is, but its input data."""

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

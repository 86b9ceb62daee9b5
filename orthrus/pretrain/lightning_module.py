"""What is trained: an encoder and its heads, under the joint objective."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch.optim.lr_scheduler import LambdaLR

from orthrus.config.pretrain import PretrainSettings
from orthrus.errors import OrthrusError
from orthrus.models import registry
from orthrus.models.heads import MLMHead, Projector
from orthrus.models.padding import padding_mask
from orthrus.models.tracks import tracks
from orthrus.pretrain import distributed
from orthrus.pretrain.batchnorm import globalise
from orthrus.pretrain.data import Batch
from orthrus.pretrain.dcl import dcl
from orthrus.pretrain.mlm import hidden, marked, mlm
from orthrus.pretrain.nt_xent import nt_xent
from orthrus.pretrain.similarity import Views, negative_pairs
from orthrus.random_streams import random_bits
from orthrus.relations.pair_kinds import WEIGHTS

STEP_TAG = 10


class Losses(NamedTuple):
    """A rank's shares of the losses of a batch: over all ranks they add up to its losses.

    Attributes
    ----------
    contrastive, mlm
        Scalars; zero where the objective has no such part.
    """

    contrastive: torch.Tensor
    mlm: torch.Tensor


class Pretraining(lightning.LightningModule):
    """The encoder, its heads, their losses and their optimiser.

    Parameters
    ----------
    settings
        The model to train; its seed decides the initial weights.

    Attributes
    ----------
    encoder
        What remains of the training.
    projector, sequence_head
        The heads of the contrastive loss and of masked modelling; None without that loss.

    Raises
    ------
    OrthrusError
        Masked modelling is asked for, with an encoder that has no state for each nucleotide.
    """

    def __init__(self, settings: PretrainSettings):
        super().__init__()
        self.settings = settings
        weight = settings.objective.mlm_weight
        if weight and not registry.find(settings.encoder.kind).has_state_per_nucleotide:
            raise OrthrusError(
                "objective.mlm_weight: needs a hidden state for each nucleotide; set it to 0, or "
                f"encoder.kind to another one than {settings.encoder.kind}, as mamba"
            )
        torch.manual_seed(settings.seed)
        self.encoder = registry.make(settings.encoder)
        self.projector = Projector(self.encoder.width) if weight < 1 else None
        self.sequence_head = MLMHead(self.encoder.width) if weight else None
        if settings.objective.projector_norm == "global":
            globalise(self)

    def encode(self, codes: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the hidden states (N, L', H) of codes (N, L)."""
        inputs = tracks(codes, self.settings.encoder.n_tracks)
        states: torch.Tensor = self.encoder(inputs.to(self.dtype), lengths)
        return states

    def states(
        self, batch: Batch, view: Callable[[torch.Tensor], torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the hidden states of `view` of the longer and of the shorter codes of a batch."""
        return (
            self.encode(view(batch.longer), batch.longer_lengths),
            self.encode(view(batch.shorter), batch.shorter_lengths),
        )

    def project(self, batch: Batch, states: tuple[torch.Tensor, torch.Tensor]) -> Views:
        """Return the projections (N, 128) of the first and of the second views of a batch."""
        assert self.projector is not None
        longer = self.encoder.pool(states[0], batch.longer_lengths)
        shorter = self.encoder.pool(states[1], batch.shorter_lengths)
        swapped = batch.swapped[:, None]
        views = torch.where(swapped, shorter, longer), torch.where(swapped, longer, shorter)
        projected = self.projector(torch.cat(views)).to(self.dtype)
        return Views(*projected.chunk(2))

    def losses(self, batch: Batch) -> Losses:
        """Return this rank's shares of the losses of the batch that it and the others hold."""
        weight = self.settings.objective.mlm_weight
        states = self.states(batch, self.corrupt)
        zero = torch.zeros((), device=self.device)
        contrastive = self.contrastive(self.project(batch, states), batch) if weight < 1 else zero
        return Losses(contrastive, self.predict(batch, states) if weight else zero)

    def corrupt(self, codes: torch.Tensor) -> torch.Tensor:
        """Return codes (B, L) without what is to be predicted."""
        return hidden(codes, self.settings.objective.mlm_hides)

    def contrastive(self, views: Views, batch: Batch) -> torch.Tensor:
        """Return this rank's share of the contrastive loss, a mean over pairs with negatives.

        Negatives are the pairs of all ranks.
        """
        objective = self.settings.objective
        candidates = Views(*(distributed.gather(view)[0] for view in views))
        negatives = self.negatives(batch)
        keys = sorted(WEIGHTS, key=WEIGHTS.__getitem__)
        by_code = views.first.new_tensor([getattr(objective.weights, key) for key in keys])
        weights = by_code[batch.kind]
        given = views, candidates, weights, negatives, objective.temperature
        with torch.autocast(views.first.device.type, enabled=False):
            losses = (
                dcl(*given, objective.dcl) if objective.contrastive == "dcl" else nt_xent(*given)
            )
        return losses.sum() / distributed.total(negatives.any(dim=1).sum()).clamp(min=1)

    def negatives(self, batch: Batch) -> torch.Tensor:
        """Return the (n, N) mask of the pairs of all ranks that repel those of this one."""
        groups, start = distributed.gather(batch.groups)
        other_genes = self.settings.objective.negatives == "other_genes"
        return negative_pairs(batch.groups, groups, start, other_genes=other_genes)

    def predict(self, batch: Batch, states: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """Return this rank's share of the loss of masked modelling, a mean over predictions.

        The head reads all nucleotides, as published, for its batch statistics: states of hidden
        nucleotides alone are at first all the same. It reads no padding, so that what is predicted
        does not depend on the other transcripts of a batch.
        """
        assert self.sequence_head is not None
        given = (batch.longer, batch.longer_lengths), (batch.shorter, batch.shorter_lengths)
        real = [padding_mask(lengths, codes.shape[1]) for codes, lengths in given]
        codes = torch.cat([batch.longer[real[0]], batch.shorter[real[1]]])
        logits = self.sequence_head(torch.cat([states[0][real[0]], states[1][real[1]]]))
        asked = marked(codes)
        losses = mlm(logits[asked].to(self.dtype), codes[asked])
        return losses.sum() / distributed.total(asked.sum()).clamp(min=1)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """Seed dropout, if there is any: by step and rank, so that nothing has to be saved."""
        seed = random_bits(self.settings.seed, self.global_step, distributed.rank(), STEP_TAG)[0]
        torch.manual_seed(int(seed >> 1))

    def training_step(self, batch: Batch, batch_idx: int) -> dict[str, torch.Tensor]:  # noqa: ARG002
        """Return the loss to minimise, and the shares of its parts.

        The loss of a step is the sum of all ranks' shares, but the gradients that ranks exchange
        are averaged: hence the factor.
        """
        losses, weight = self.losses(batch), self.settings.objective.mlm_weight
        loss = (1 - weight) * losses.contrastive + weight * losses.mlm
        return {"loss": loss * distributed.ranks(), "shares": torch.stack(losses).detach()}

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return AdamW for the encoder's parameter groups and one of heads, and the schedule."""
        train = self.settings.train
        encoder = self.encoder.parameter_groups(train.lr, train.weight_decay)
        heads = {
            "params": [
                parameter
                for head in (self.projector, self.sequence_head)
                if head is not None
                for parameter in head.parameters()
            ],
            "lr": train.head_lr,
            "weight_decay": train.head_weight_decay,
        }
        optimizer = torch.optim.AdamW([*encoder, heads])
        schedule = LambdaLR(optimizer, lambda step: rate(step, train.warmup, train.steps))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def rate(step: int, warmup: int, steps: int) -> float:
    """Return the learning rate of a step (from 0) as a share of its peak.

    It rises linearly from 0.1 to 1 in `warmup` steps, then falls to 0 at `steps` as a half cosine
    (paper, appendix A.3).
    """
    if step < warmup:
        return 0.1 + 0.9 * step / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

"""What is trained: an encoder and its projection head, under the contrastive loss."""

from __future__ import annotations

import math
from typing import Any

import lightning
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch.optim.lr_scheduler import LambdaLR

from orthrus.config.pretrain import PretrainSettings
from orthrus.models.encoder import Orthrus
from orthrus.models.projector import Projector
from orthrus.pretrain.data import Batch
from orthrus.pretrain.losses import dcl, negative_pairs


class Pretraining(lightning.LightningModule):
    """The encoder, the projector, their loss and their optimiser.

    Parameters
    ----------
    settings
        The model to train; its seed decides the initial weights.
    """

    def __init__(self, settings: PretrainSettings):
        super().__init__()
        self.settings = settings
        torch.manual_seed(settings.seed)
        self.encoder = Orthrus(settings.encoder)
        self.projector = Projector(settings.encoder.width)

    def project(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the projections (N, 128) of the first and of the second views of a batch."""
        longer = self.encoder.embed(batch.longer, batch.longer_lengths)
        shorter = self.encoder.embed(batch.shorter, batch.shorter_lengths)
        first = torch.where(batch.swapped[:, None], shorter, longer)
        second = torch.where(batch.swapped[:, None], longer, shorter)
        projected = self.projector(torch.cat([first, second]))
        return projected[: len(first)], projected[len(first) :]

    def negatives(self, batch: Batch) -> torch.Tensor:
        """Return the (N, N) mask of pairs that repel each other."""
        other_genes = self.settings.objective.negatives == "other_genes"
        return negative_pairs(batch.groups, other_genes=other_genes)

    def loss(self, first: torch.Tensor, second: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Return the contrastive loss of projections; see `losses.dcl`."""
        objective = self.settings.objective
        weights = torch.where(batch.ortholog, objective.ortholog_weight, 1.0)
        negatives = self.negatives(batch)
        return dcl(first, second, weights, negatives, objective.temperature, objective.dcl)

    def training_step(self, batch: Batch, batch_index: int) -> torch.Tensor:  # noqa: ARG002
        """Return the loss of one batch."""
        first, second = self.project(batch)
        return self.loss(first, second, batch)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return AdamW with one parameter group each for encoder and head, and the schedule."""
        train = self.settings.train
        encoder = {
            "params": self.encoder.parameters(),
            "lr": train.lr,
            "weight_decay": train.weight_decay,
        }
        head = {
            "params": self.projector.parameters(),
            "lr": train.head_lr,
            "weight_decay": train.head_weight_decay,
        }
        optimizer = torch.optim.AdamW([encoder, head])
        schedule = LambdaLR(optimizer, lambda step: rate(step, train.warmup, train.steps))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the state of the random numbers with the weights."""
        checkpoint["rng"] = torch.get_rng_state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the state of the random numbers."""
        torch.set_rng_state(checkpoint["rng"])


def rate(step: int, warmup: int, steps: int) -> float:
    """Return the learning rate of a step (from 0) as a share of its peak.

    It rises linearly from 0.1 to 1 in `warmup` steps, then falls to 0 at `steps` as a half cosine
    (P2, appendix A.3).
    """
    if step < warmup:
        return 0.1 + 0.9 * step / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

"""What is held out of training, and how well the model tells pairs from other transcripts there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from orthrus.config.pretrain import ValidationSettings
from orthrus.errors import OrthrusError
from orthrus.pretrain.data import Batch, Examples
from orthrus.pretrain.losses import mean_similarities
from orthrus.pretrain.module import Pretraining

Ints = npt.NDArray[np.int64]

SPLIT_TAG = 5
FEWEST = 2
"""Gene groups, or transcripts, on either side of the split."""


def split(
    bases: Ints, groups: Ints, length_class: Ints, settings: ValidationSettings, seed: int
) -> tuple[Ints, Ints]:
    """Divide bases into those of training and those held out.

    Parameters
    ----------
    bases
        (n,) global rows.
    groups, length_class
        Of every row of the corpus.
    settings
        By `gene`, `fraction` of the gene groups are held out whole; by `transcript`, `fraction`
        of the short bases are (published code), and their isoforms stay in training.
    seed
        Decides which.

    Raises
    ------
    OrthrusError
        Fewer than two gene groups (or transcripts) would remain on either side.
    """
    if settings.fraction == 0:
        return bases, bases[:0]
    if settings.by == "gene":
        units, candidates = groups[bases], np.unique(groups[bases])
    else:
        units, candidates = bases, bases[length_class[bases] == 0]
    wanted = round(settings.fraction * len(candidates))
    if min(wanted, len(candidates) - wanted) < FEWEST:
        raise OrthrusError(
            f"validation.fraction: {settings.fraction} of {len(candidates)} {settings.by}s holds "
            f"out {wanted}; at least {FEWEST} must be on either side. Change it, or set it to 0"
        )
    rng = np.random.default_rng([seed, SPLIT_TAG])
    held_out = np.isin(units, rng.choice(candidates, wanted, replace=False))
    return bases[~held_out], bases[held_out]


class HeldOut:
    """Measures a model on held-out bases, always on the same pairs.

    The pairs are of every kind and unmasked, whatever a model trains on, so that models compare.
    """

    def __init__(self, examples: Examples, bases: Ints):
        self.examples = examples
        self.epoch = examples.held_out(bases)

    @torch.no_grad()
    def measure(self, module: Pretraining) -> dict[str, float]:
        """Return `val_loss`, and the mean cosine of pairs and of negatives.

        They are averages over batches, each weighted by its number of pairs; nothing if no
        batch counts: one without negatives does not. The module comes back in training mode.
        """
        plan = self.epoch.plan
        if not len(plan):
            return {}
        module.eval()
        batches = (self.examples.batch(self.epoch, k, masked=False) for k in range(len(plan)))
        measured = np.array([_measure(module, batch) for batch in batches])
        module.train()
        counts = np.isfinite(measured).all(axis=1)
        if not counts.any():
            return {}
        means = np.average(measured[counts], axis=0, weights=np.diff(plan.bounds)[counts])
        return dict(zip(("val_loss", "val_positive", "val_negative"), means.tolist(), strict=True))


def _measure(module: Pretraining, batch: Batch) -> tuple[float, float, float]:
    batch = Batch(*(part.to(module.device) for part in batch))
    first, second = module.project(batch)
    positive, negative = mean_similarities(first, second, module.negatives(batch))
    return module.loss(first, second, batch).item(), positive.item(), negative.item()

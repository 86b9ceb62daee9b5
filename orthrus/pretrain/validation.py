"""What is held out of training, and how well the model tells pairs from other transcripts there."""

from __future__ import annotations

import numpy as np
import torch

from orthrus.array_types import Integers, Ints
from orthrus.config.pretrain import ValidationSettings
from orthrus.errors import OrthrusError
from orthrus.pretrain import distributed
from orthrus.pretrain.data import Batch, PairDataset
from orthrus.pretrain.lightning_module import Pretraining
from orthrus.pretrain.mlm import shown
from orthrus.pretrain.similarity import mean_similarities

SPLIT_TAG = 5
FEWEST = 2
"""Gene groups, or transcripts, on either side of the split."""

MEASURES = ("val_loss", "val_positive", "val_negative", "val_mlm")


def split(
    bases: Ints, groups: Integers, length_class: Integers, settings: ValidationSettings, seed: int
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

    def __init__(self, examples: PairDataset, bases: Ints):
        self.examples = examples
        self.epoch = examples.held_out(bases)

    @torch.no_grad()
    def measure(self, module: Pretraining) -> dict[str, float]:
        """Return `val_loss`, and what else the model's objective has.

        `val_loss` is the contrastive loss, beside the mean cosine of pairs, `val_positive`, and of
        negatives, `val_negative`. `val_mlm` is the loss of masked modelling; of a model that is
        trained on nothing else it is `val_loss` too. All are averages over batches, each weighted
        by its number of pairs; nothing if no batch counts: one without negatives does not. The
        ranks share the batches; the module comes back in training mode.
        """
        plan = self.epoch.plan
        sums = torch.zeros(len(MEASURES) + 1, dtype=torch.float64, device=module.device)
        module.eval()
        for number in range(distributed.rank(), len(plan), distributed.ranks()):
            batch = self.examples.batch(self.epoch, number, masked=False)
            with distributed.alone():
                measured = sums.new_tensor([1.0, *_measure(module, batch)])
            # A batch counts by what the model is selected by.
            if (measured[:4] if module.projector else measured[4:]).isfinite().all():
                sums += len(batch.groups) * measured.nan_to_num()
        module.train()
        pairs, *values = distributed.total(sums).tolist()
        if not pairs:
            return {}
        means = {name: value / pairs for name, value in zip(MEASURES, values, strict=True)}
        if not module.sequence_head:
            del means["val_mlm"]
        if not module.projector:
            means = {"val_loss": means["val_mlm"], "val_mlm": means["val_mlm"]}
        return means


def _measure(module: Pretraining, batch: Batch) -> tuple[float, float, float, float]:
    """Return `MEASURES` of one batch; NaN where the model or the batch has none."""
    batch = Batch(*(part.to(module.device) for part in batch))
    loss = positive = negative = predicted = torch.tensor(torch.nan)
    if module.projector:
        views = module.project(batch, module.states(batch, shown))
        loss = module.contrastive(views, batch)
        positive, negative = mean_similarities(views, module.negatives(batch))
    if module.sequence_head:
        predicted = module.predict(batch, module.states(batch, module.corrupt))
    return loss.item(), positive.item(), negative.item(), predicted.item()

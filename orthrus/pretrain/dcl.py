"""The decoupled contrastive loss (DCL), by the paper's equation 5 and by the published code."""

from __future__ import annotations

from typing import Literal

import torch

from orthrus.pretrain.similarity import Views, cosines, repelling

Variant = Literal["paper", "published_code"]


def dcl(
    anchors: Views,
    candidates: Views,
    weights: torch.Tensor,
    negatives: torch.Tensor,
    temperature: float,
    variant: Variant = "paper",
) -> torch.Tensor:
    """Return the decoupled contrastive loss of every pair, averaged over its two views.

    `paper` is equation 5: per anchor, one logarithm over the negatives of both views.
    `published_code` adds one logarithm over the anchor's own view and one over the other view.

    Parameters
    ----------
    anchors, candidates
        The n pairs of this rank, and the N pairs of all ranks.
    weights
        (n,) weight w of each pair's positive term.
    negatives
        (n, N) mask, true where a candidate repels an anchor.
    temperature
        Divides every similarity.
    variant
        Which of the two sums.

    Returns
    -------
    (n,) torch.Tensor
        Zero, with gradients of zero, for a pair without negatives.
    """
    found = cosines(anchors, candidates)
    own, other = (repelling(side / temperature, negatives) for side in (found.own, found.other))
    if variant == "paper":
        repulsion = torch.cat([own, other], dim=2).logsumexp(dim=2)
    else:
        repulsion = own.logsumexp(dim=2) + other.logsumexp(dim=2)
    loss = repulsion.mean(dim=0) - weights * found.positive / temperature
    return torch.where(negatives.any(dim=1), loss, 0.0)

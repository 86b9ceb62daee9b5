"""The normalised temperature-scaled cross entropy (NT-Xent), which DCL decouples."""

from __future__ import annotations

import torch

from orthrus.pretrain.similarity import Views, cosines, repelling


def nt_xent(
    anchors: Views,
    candidates: Views,
    weights: torch.Tensor,
    negatives: torch.Tensor,
    temperature: float,
) -> torch.Tensor:
    """Return the NT-Xent loss of every pair, averaged over its two views.

    It is DCL with the positive pair among the terms of the logarithm (Chen et al. 2020, equation 1,
    where all weights are 1). Parameters and result are those of `dcl.dcl`.
    """
    found = cosines(anchors, candidates)
    positive = found.positive / temperature
    negative = repelling(torch.cat([found.own, found.other], dim=2) / temperature, _both(negatives))
    terms = torch.cat([positive.expand(2, -1)[..., None], negative], dim=2)
    loss = terms.logsumexp(dim=2).mean(dim=0) - weights * positive
    return torch.where(negatives.any(dim=1), loss, 0.0)


def _both(negatives: torch.Tensor) -> torch.Tensor:
    """Return the mask (n, 2N) of candidates' own and other views."""
    return negatives.repeat(1, 2)

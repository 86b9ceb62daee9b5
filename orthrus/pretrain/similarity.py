"""Cosines between projected views, and which pairs of a batch repel each other."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn.functional import normalize


class Views(NamedTuple):
    """The projections (N, D) of both views of N pairs; they need not be normalised."""

    first: torch.Tensor
    second: torch.Tensor


class Cosines(NamedTuple):
    """The cosines (paper, equation 6) of n anchors, of which each view is one, to N candidates.

    Attributes
    ----------
    positive
        (n,) between the two views of each pair.
    own
        (2, n, N) of each view to the same view of the candidates.
    other
        (2, n, N) of each view to the other view of the candidates.
    """

    positive: torch.Tensor
    own: torch.Tensor
    other: torch.Tensor


def cosines(anchors: Views, candidates: Views) -> Cosines:
    """Return the cosines of anchors to candidates."""
    first, second = (normalize(view, dim=1) for view in anchors)
    one, two = (normalize(view, dim=1) for view in candidates)
    own = torch.stack([first @ one.T, second @ two.T])
    other = torch.stack([first @ two.T, second @ one.T])
    return Cosines((first * second).sum(dim=1), own, other)


def negative_pairs(
    anchors: torch.Tensor, candidates: torch.Tensor, start: int, *, other_genes: bool
) -> torch.Tensor:
    """Return the (n, N) mask of the candidates that repel each anchor.

    Parameters
    ----------
    anchors, candidates
        (n,) and (N,) gene group of every pair; the anchors are `candidates[start:start + n]`.
    start
        Where the anchors are among the candidates.
    other_genes
        Whether pairs of one gene group are left out; a pair never repels itself.
    """
    if other_genes:
        return anchors[:, None] != candidates[None, :]
    place = torch.arange(len(candidates), device=candidates.device)
    return place[start : start + len(anchors), None] != place[None, :]


def repelling(similarities: torch.Tensor, negatives: torch.Tensor) -> torch.Tensor:
    """Hide from (2, n, N) similarities whatever is no negative, so that its exponential is 0.

    An anchor without any negative keeps all its similarities: -inf throughout would give NaN
    gradients, so its loss has to be dropped by `torch.where` afterwards.
    """
    kept = negatives | ~negatives.any(dim=1, keepdim=True)
    return similarities.masked_fill(~kept, -torch.inf)


def mean_similarities(views: Views, negatives: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean cosine of positive pairs, and of negatives (over all four view pairings)."""
    found = cosines(views, views)
    apart = torch.cat([found.own, found.other])[:, negatives]
    return found.positive.mean(), apart.mean()

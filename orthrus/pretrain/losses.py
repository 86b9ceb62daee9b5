"""The decoupled contrastive loss (DCL) on pairs of projected embeddings."""

from __future__ import annotations

from typing import Literal

import torch
from torch.nn.functional import normalize

Variant = Literal["paper", "published_code"]


def similarities(
    first: torch.Tensor, second: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the cosines between the two views of N pairs (P2, equation 6).

    Parameters
    ----------
    first, second
        (N, D) projections of the first and of the second views.

    Returns
    -------
    tuple
        Three (N, N) matrices: first with first, first with second, second with second views.
    """
    first, second = normalize(first, dim=1), normalize(second, dim=1)
    return first @ first.T, first @ second.T, second @ second.T


def negative_pairs(groups: torch.Tensor, *, other_genes: bool) -> torch.Tensor:
    """Return the (N, N) mask of which pairs of a batch repel each other.

    Parameters
    ----------
    groups
        (N,) gene group of every pair.
    other_genes
        Whether pairs of one gene group are left out; a pair never repels itself.
    """
    if other_genes:
        return groups[:, None] != groups[None, :]
    return ~torch.eye(len(groups), dtype=torch.bool, device=groups.device)


def dcl(
    first: torch.Tensor,
    second: torch.Tensor,
    weights: torch.Tensor,
    negatives: torch.Tensor,
    temperature: float,
    variant: Variant = "paper",
) -> torch.Tensor:
    """Return the decoupled contrastive loss, averaged over pairs and over the two views.

    `paper` is P2, equation 5: per anchor, one logarithm over the negatives of both views.
    `published_code` adds one logarithm over the anchor's own view and one over the other view.

    Parameters
    ----------
    first, second
        (N, D) projections of the two views; they need not be normalised.
    weights
        (N,) weight w of each pair's positive term.
    negatives
        (N, N) symmetric mask, true where two pairs repel each other, false on the diagonal. Pairs
        without any negative have no loss.
    temperature
        Divides every similarity.
    variant
        Which of the two sums.

    Returns
    -------
    torch.Tensor
        A scalar; zero, with gradients of zero, if no pair has a negative.
    """
    within_first, across, within_second = similarities(first, second)
    contrasted = negatives.any(dim=1)
    if not contrasted.any():
        return 0 * across.sum()
    positive = weights * across.diagonal() / temperature
    repulsion = _repulsion(within_first, across, negatives, temperature, variant)
    repulsion = repulsion + _repulsion(within_second, across.T, negatives, temperature, variant)
    return (repulsion / 2 - positive)[contrasted].mean()


def _repulsion(
    own: torch.Tensor,
    other: torch.Tensor,
    negatives: torch.Tensor,
    temperature: float,
    variant: Variant,
) -> torch.Tensor:
    """Return (N,): the negative term of every anchor of one view.

    `own` and `other` (N, N) are its similarities to the anchors' own view and to the other view.
    """
    # A row without negatives keeps all its similarities: -inf throughout would give NaN gradients.
    kept = negatives | ~negatives.any(dim=1, keepdim=True)
    own = (own / temperature).masked_fill(~kept, -torch.inf)
    other = (other / temperature).masked_fill(~kept, -torch.inf)
    if variant == "paper":
        return torch.cat([own, other], dim=1).logsumexp(dim=1)
    return own.logsumexp(dim=1) + other.logsumexp(dim=1)


def mean_similarities(
    first: torch.Tensor, second: torch.Tensor, negatives: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean cosine of positive pairs, and of negatives (over all four view pairings)."""
    within_first, across, within_second = similarities(first, second)
    repelling = torch.stack([within_first, across, across.T, within_second])[:, negatives]
    return across.diagonal().mean(), repelling.mean()

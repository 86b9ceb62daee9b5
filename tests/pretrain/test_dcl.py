from __future__ import annotations

import math

import pytest
import torch
from pretrain_helpers import cosine, made_views, some

from orthrus.pretrain.dcl import dcl
from orthrus.pretrain.similarity import Views, negative_pairs

TAU = 0.1


def oracle(i: int, views: Views, weight: float, groups, variant: str, other_genes: bool) -> float:
    """Equation 5 for the pair i, written as loops; each view is the anchor once."""
    first, second = (view.tolist() for view in views)
    others = [k for k in range(len(first)) if (groups[k] != groups[i] if other_genes else k != i)]
    if not others:
        return 0.0
    positive = weight * cosine(first[i], second[i]) / TAU
    terms = []
    for anchor, own, other in ((first[i], first, second), (second[i], second, first)):
        same_view = sum(math.exp(cosine(anchor, own[k]) / TAU) for k in others)
        other_view = sum(math.exp(cosine(anchor, other[k]) / TAU) for k in others)
        if variant == "paper":
            terms.append(math.log(same_view + other_view) - positive)
        else:
            terms.append(math.log(same_view) + math.log(other_view) - positive)
    return sum(terms) / 2


@pytest.mark.parametrize("variant", ["paper", "published_code"])
@pytest.mark.parametrize("other_genes", [False, True])
@pytest.mark.parametrize(("n", "start", "end"), [(2, 0, 2), (3, 0, 3), (8, 0, 8), (8, 3, 7)])
def test_dcl_equals_loops(variant, other_genes: bool, n: int, start: int, end: int) -> None:
    views, weights, groups = made_views(n)
    negatives = negative_pairs(groups[start:end], groups, start, other_genes=other_genes)
    loss = dcl(some(views, start, end), views, weights[start:end], negatives, TAU, variant)
    expected = [
        oracle(i, views, weights[i].item(), groups.tolist(), variant, other_genes)
        for i in range(start, end)
    ]
    assert loss.tolist() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("variant", ["paper", "published_code"])
def test_gradient_is_right(variant: str) -> None:
    views, weights, groups = made_views(5)
    negatives = negative_pairs(groups, groups, 0, other_genes=True)

    def loss(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        given = Views(first, second)
        return dcl(given, given, weights, negatives, TAU, variant)

    assert torch.autograd.gradcheck(loss, tuple(view.requires_grad_() for view in views))


def test_pairs_without_negatives_have_no_loss_and_no_gradient() -> None:
    views, weights, _ = made_views(4)
    groups = torch.zeros(4, dtype=torch.int64)
    views.first.requires_grad_()
    loss = dcl(views, views, weights, negative_pairs(groups, groups, 0, other_genes=True), TAU)
    loss.sum().backward()
    assert not loss.any()
    assert not views.first.grad.any()


def test_order_of_views_does_not_matter_in_the_paper_loss() -> None:
    views, weights, groups = made_views(6)
    negatives = negative_pairs(groups, groups, 0, other_genes=False)
    swapped = torch.tensor([True, False, True, True, False, False])[:, None]
    turned = Views(torch.where(swapped, *views[::-1]), torch.where(swapped, *views))
    torch.testing.assert_close(
        dcl(turned, turned, weights, negatives, TAU), dcl(views, views, weights, negatives, TAU)
    )

from __future__ import annotations

import math

import pytest
import torch
from pretrain_helpers import cosine, made_views, some

from orthrus.pretrain.nt_xent import nt_xent
from orthrus.pretrain.similarity import Views, negative_pairs

TAU = 0.1


def oracle(i: int, views: Views, weight: float, groups, other_genes: bool) -> float:
    """-log of the positive pair's share among it and all negatives, as loops."""
    first, second = (view.tolist() for view in views)
    others = [k for k in range(len(first)) if (groups[k] != groups[i] if other_genes else k != i)]
    if not others:
        return 0.0
    positive = cosine(first[i], second[i]) / TAU
    terms = []
    for anchor in (first[i], second[i]):
        below = math.exp(positive)
        below += sum(math.exp(cosine(anchor, v[k]) / TAU) for k in others for v in (first, second))
        terms.append(math.log(below) - weight * positive)
    return sum(terms) / 2


@pytest.mark.parametrize("other_genes", [False, True])
@pytest.mark.parametrize(("n", "start", "end"), [(2, 0, 2), (8, 0, 8), (8, 3, 7)])
def test_nt_xent_equals_loops(other_genes: bool, n: int, start: int, end: int) -> None:
    views, weights, groups = made_views(n)
    negatives = negative_pairs(groups[start:end], groups, start, other_genes=other_genes)
    loss = nt_xent(some(views, start, end), views, weights[start:end], negatives, TAU)
    expected = [
        oracle(i, views, weights[i].item(), groups.tolist(), other_genes) for i in range(start, end)
    ]
    assert loss.tolist() == pytest.approx(expected, rel=1e-12)


def test_it_is_cross_entropy_of_the_partner() -> None:
    views, _, _ = made_views(7)
    groups = torch.arange(7)
    negatives = negative_pairs(groups, groups, 0, other_genes=False)
    loss = nt_xent(views, views, torch.ones(7), negatives, TAU)
    both = torch.nn.functional.normalize(torch.cat(views), dim=1)
    logits = (both @ both.T / TAU).fill_diagonal_(-torch.inf)
    partner = torch.arange(14).roll(7)
    expected = torch.nn.functional.cross_entropy(logits, partner)
    torch.testing.assert_close(loss.mean(), expected)


def test_pairs_without_negatives_have_no_loss_and_no_gradient() -> None:
    views, weights, _ = made_views(4)
    groups = torch.zeros(4, dtype=torch.int64)
    views.first.requires_grad_()
    loss = nt_xent(views, views, weights, negative_pairs(groups, groups, 0, other_genes=True), TAU)
    loss.sum().backward()
    assert not loss.any()
    assert not views.first.grad.any()

from __future__ import annotations

import math

import pytest
import torch

from orthrus.pretrain.losses import dcl, mean_similarities, negative_pairs

TAU = 0.1


def cosine(a: list[float], b: list[float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def oracle(first, second, weights, groups, variant, other_genes) -> float:
    """Equation 5, written as loops; each view is the anchor once."""
    terms = []
    for i in range(len(first)):
        others = [
            k for k in range(len(first)) if (groups[k] != groups[i] if other_genes else k != i)
        ]
        if not others:
            continue
        positive = weights[i] * cosine(first[i], second[i]) / TAU
        for anchor, own, other in ((first[i], first, second), (second[i], second, first)):
            same_view = sum(math.exp(cosine(anchor, own[k]) / TAU) for k in others)
            other_view = sum(math.exp(cosine(anchor, other[k]) / TAU) for k in others)
            if variant == "paper":
                terms.append(math.log(same_view + other_view) - positive)
            else:
                terms.append(math.log(same_view) + math.log(other_view) - positive)
    return sum(terms) / len(terms)


def batch(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(n, 5, generator=generator, dtype=torch.float64)
    second = first + 0.3 * torch.randn(n, 5, generator=generator, dtype=torch.float64)
    weights = torch.where(torch.rand(n, generator=generator) < 0.5, 0.8, 1.0).double()
    groups = torch.randint(0, max(2, n // 2), (n,), generator=generator)
    return first, second, weights, groups


@pytest.mark.parametrize("variant", ["paper", "published_code"])
@pytest.mark.parametrize("other_genes", [False, True])
@pytest.mark.parametrize("n", [2, 3, 8])
def test_dcl_equals_loops(variant: str, other_genes: bool, n: int) -> None:
    first, second, weights, groups = batch(n)
    groups[0], groups[1] = 0, 1
    negatives = negative_pairs(groups, other_genes=other_genes)
    loss = dcl(first, second, weights, negatives, TAU, variant)
    expected = oracle(
        first.tolist(), second.tolist(), weights.tolist(), groups.tolist(), variant, other_genes
    )
    assert loss.item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("variant", ["paper", "published_code"])
def test_gradient_is_right(variant: str) -> None:
    first, second, weights, groups = batch(5)
    negatives = negative_pairs(groups, other_genes=True)
    first.requires_grad_()
    second.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda a, b: dcl(a, b, weights, negatives, TAU, variant), (first, second)
    )


def test_pairs_without_negatives_have_no_loss_and_no_gradient() -> None:
    first, second, weights, _ = batch(4)
    groups = torch.zeros(4, dtype=torch.int64)
    first.requires_grad_()
    loss = dcl(first, second, weights, negative_pairs(groups, other_genes=True), TAU)
    loss.backward()
    assert loss.item() == 0
    assert not first.grad.any()


def test_order_of_views_does_not_matter_in_the_paper_loss() -> None:
    first, second, weights, groups = batch(6)
    negatives = negative_pairs(groups, other_genes=False)
    swapped = torch.tensor([True, False, True, True, False, False])[:, None]
    one, two = torch.where(swapped, second, first), torch.where(swapped, first, second)
    torch.testing.assert_close(
        dcl(one, two, weights, negatives, TAU), dcl(first, second, weights, negatives, TAU)
    )


def test_mean_similarities_equal_loops() -> None:
    first, second, _, groups = batch(6)
    negatives = negative_pairs(groups, other_genes=True)
    positive, negative = mean_similarities(first, second, negatives)
    a, b = first.tolist(), second.tolist()
    apart = [(i, k) for i in range(6) for k in range(6) if groups[i] != groups[k]]
    cosines = [cosine(x[i], y[k]) for i, k in apart for x in (a, b) for y in (a, b)]
    assert positive.item() == pytest.approx(sum(cosine(*ab) for ab in zip(a, b, strict=True)) / 6)
    assert negative.item() == pytest.approx(sum(cosines) / len(cosines))

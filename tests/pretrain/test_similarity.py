from __future__ import annotations

import pytest
import torch
from pretrain_helpers import cosine, made_views, some

from orthrus.pretrain.similarity import cosines, mean_similarities, negative_pairs, repelling


def test_cosines_of_a_part_to_all() -> None:
    views, _, _ = made_views(6)
    found = cosines(some(views, 2, 5), views)
    both = [view.tolist() for view in views]
    for i in range(3):
        assert found.positive[i].item() == pytest.approx(cosine(both[0][2 + i], both[1][2 + i]))
        for k in range(6):
            for view in (0, 1):
                own, other = both[view][k], both[1 - view][k]
                anchor = both[view][2 + i]
                assert found.own[view, i, k].item() == pytest.approx(cosine(anchor, own))
                assert found.other[view, i, k].item() == pytest.approx(cosine(anchor, other))


def test_negatives_are_all_others_or_those_of_other_genes() -> None:
    groups = torch.tensor([3, 1, 3, 2])
    others = negative_pairs(groups[1:3], groups, 1, other_genes=False)
    assert others.tolist() == [[True, False, True, True], [True, True, False, True]]
    genes = negative_pairs(groups[1:3], groups, 1, other_genes=True)
    assert genes.tolist() == [[True, False, True, True], [False, True, False, True]]


def test_only_negatives_repel() -> None:
    similarities = torch.arange(12.0).view(2, 2, 3)
    negatives = torch.tensor([[True, False, True], [False, False, False]])
    kept = repelling(similarities, negatives).exp() > 0
    assert kept.tolist() == 2 * [[[True, False, True], [True, True, True]]]


def test_mean_similarities_equal_loops() -> None:
    views, _, groups = made_views(6)
    negatives = negative_pairs(groups, groups, 0, other_genes=True)
    positive, negative = mean_similarities(views, negatives)
    a, b = (view.tolist() for view in views)
    apart = [(i, k) for i in range(6) for k in range(6) if groups[i] != groups[k]]
    found = [cosine(x[i], y[k]) for i, k in apart for x in (a, b) for y in (a, b)]
    assert positive.item() == pytest.approx(sum(cosine(*ab) for ab in zip(a, b, strict=True)) / 6)
    assert negative.item() == pytest.approx(sum(found) / len(found))

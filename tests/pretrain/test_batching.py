from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orthrus.pretrain.batching import plan_batches, plan_sizes


def made_lengths(n: int, seed: int, longest: int) -> np.ndarray:
    """Lengths like those of transcripts: log-normal, pairs correlated."""
    rng = np.random.default_rng(seed)
    middle = rng.lognormal(7.4, 0.7, (n, 1))
    return np.clip(middle * rng.lognormal(0, 0.3, (n, 2)), 50, longest).astype(np.int64)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 300), st.integers(1, 40_000), st.integers(0, 2**32))
def test_every_pair_once_and_within_budget(n: int, budget: int, seed: int) -> None:
    lengths = made_lengths(n, seed, longest=4000)
    plan = plan_batches(lengths, budget, np.random.default_rng(seed))
    batches = [plan[k] for k in range(len(plan))]
    together = np.concatenate([*batches, np.empty(0, int)])
    fewest = max(2, budget // (2 * lengths.max(initial=1)))
    assert n - fewest < len(np.unique(together)) == len(together) or n < 2
    padded = real = 0
    for pairs in batches:
        assert len(pairs) >= (fewest if len(batches) > 1 else 2)
        longer, shorter = lengths[pairs].max(axis=1), lengths[pairs].min(axis=1)
        tokens = len(pairs) * (longer.max() + shorter.max())
        assert tokens <= budget or len(pairs) == 2
        padded += tokens
        real += longer.sum() + shorter.sum()
    assert (plan.padded, plan.real) == (padded, real)


def test_order_is_from_the_seed_and_changes_with_it() -> None:
    lengths = made_lengths(500, 1, longest=4000)
    plans = [plan_batches(lengths, 16_000, np.random.default_rng([7, e])) for e in (0, 0, 1)]
    np.testing.assert_array_equal(plans[0].order, plans[1].order)
    np.testing.assert_array_equal(plans[0].bounds, plans[1].bounds)
    neighbours = [{frozenset(plan[k].tolist()) for k in range(len(plan))} for plan in plans]
    assert len(neighbours[0] & neighbours[2]) < len(plans[0]) / 2


@pytest.mark.parametrize("alike", [True, False])
def test_padding_is_small(alike: bool) -> None:
    lengths = made_lengths(20_000, 3, longest=12_288)
    if alike:
        lengths[:, 1] = lengths[:, 0]
    plan = plan_batches(lengths, 65_536, np.random.default_rng(0))
    assert plan.efficiency > 0.95


@pytest.mark.parametrize(("n", "size", "wanted"), [(20, 6, [6, 6, 6]), (4, 6, [4]), (1, 6, [])])
def test_batches_of_a_constant_size(n: int, size: int, wanted: list[int]) -> None:
    lengths = made_lengths(n, 1, longest=4000)
    plans = [plan_sizes(lengths, size, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    plan = plans[0]
    assert np.diff(plan.bounds).tolist() == wanted
    assert len(np.unique(plan.order)) == len(plan.order)
    np.testing.assert_array_equal(plan.order, plans[1].order)
    assert n < 2 or plan.order.tolist() != plans[2].order.tolist()
    batches = [lengths[plan[k]] for k in range(len(plan))]
    widest = [b.max(axis=1).max() + b.min(axis=1).max() for b in batches]
    assert plan.padded == sum(w * len(b) for w, b in zip(widest, batches, strict=True))
    assert plan.real == sum(b.sum() for b in batches)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orthrus.pretrain.batching import plan_batches


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
    assert len(np.unique(together)) == len(together) >= n - 1
    padded = real = 0
    for pairs in batches:
        assert len(pairs) >= 2
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

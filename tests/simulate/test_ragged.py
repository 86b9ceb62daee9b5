from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from orthrus.simulate.ragged import ranges


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), max_size=12))
def test_ranges_equal_a_loop(spans: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in spans], dtype=np.int64)
    numbers, source = ranges(starts, starts + np.array([n for _, n in spans], dtype=np.int64))
    assert numbers.tolist() == [i for start, n in spans for i in range(start, start + n)]
    assert source.tolist() == [index for index, (_, n) in enumerate(spans) for _ in range(n)]

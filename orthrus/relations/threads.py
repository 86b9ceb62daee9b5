"""Threads for work that leaves Python: reading Parquet, and compiled loops."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import polars as pl

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = min(8, pl.thread_pool_size())
"""For compiled loops, one to a core; each may hold a list of counts."""

READERS = 2 * THREADS
"""For reading tables: some wait for Python while others read."""


def prefetch(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int = THREADS
) -> Iterator[tuple[Item, Result]]:
    """Yield every item and what `function` makes of it, in order; the next are made meanwhile."""
    with ThreadPoolExecutor(threads) as pool:
        coming: deque[tuple[Item, Future[Result]]] = deque()
        for item in items:
            coming.append((item, pool.submit(function, item)))
            if len(coming) > 2 * threads:
                first, made = coming.popleft()
                yield first, made.result()
        for first, made in coming:
            yield first, made.result()

"""Batches of pairs: of a constant number of tokens and similar lengths, or of a constant size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from orthrus.array_types import Ints
from orthrus.compiled import compiled

JITTER = 0.02
"""Share by which lengths are blurred before sorting, so that neighbours change every epoch."""

MIN_PAIRS = 2
"""A batch of one pair has nothing to contrast."""


@dataclass(frozen=True)
class BatchPlan:
    """The batches of one epoch: batch k holds the pairs `order[bounds[k]:bounds[k + 1]]`.

    Attributes
    ----------
    order
        (pairs,) int64, pairs batch by batch.
    bounds
        (batches + 1,) int64.
    padded
        Tokens of all batches together, padding included.
    real
        Nucleotides of all batches together.
    """

    order: Ints
    bounds: Ints
    padded: int
    real: int

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, batch: int) -> Ints:
        return self.order[self.bounds[batch] : self.bounds[batch + 1]]

    @property
    def efficiency(self) -> float:
        """The share of tokens that are nucleotides."""
        return self.real / self.padded if self.padded else 1.0


def plan_batches(lengths: Ints, tokens: int, rng: np.random.Generator) -> BatchPlan:
    """Put pairs into batches of at most `tokens` tokens, in random order.

    The longer views of a batch make one matrix, the shorter views another, each padded to its own
    longest view. Pairs are sorted into windows of similar longer views and, within a window, by
    their shorter view, up and down in turn so that neighbouring windows join smoothly.

    Parameters
    ----------
    lengths
        (pairs, 2) nt of both views.
    tokens
        The budget of a batch: (longest longer + longest shorter view) x pairs. Two pairs make a
        batch even above it.
    rng
        Source of the order.

    Returns
    -------
    Plan
        Every pair once, but for those that remain at the end where they are fewer than a batch of
        the longest pairs holds. Then every batch holds at least tokens / (2 x longest view) pairs.
    """
    blurred = lengths * rng.uniform(1 - JITTER, 1 + JITTER, size=(len(lengths), 1))
    order = _sorted(blurred, windows=max(1, round(math.sqrt(lengths.sum() / tokens))))
    longer, shorter = lengths.max(axis=1)[order], lengths.min(axis=1)[order]
    bounds = _cut(longer, shorter, tokens)
    fewest = max(MIN_PAIRS, tokens // (2 * max(1, int(lengths.max(initial=1)))))
    if len(bounds) > 1 and bounds[-1] - bounds[-2] < (fewest if len(bounds) > 2 else MIN_PAIRS):
        bounds = bounds[:-1]
    return _shuffled(order, bounds, longer, shorter, rng)


def plan_sizes(lengths: Ints, size: int, rng: np.random.Generator) -> BatchPlan:
    """Put pairs into batches of `size` pairs at random, whatever their lengths (paper, A.3).

    Parameters
    ----------
    lengths
        (pairs, 2) nt of both views.
    size
        Pairs of a batch.
    rng
        Source of the order.

    Returns
    -------
    Plan
        Every pair at most once; an incomplete batch is left out, unless it is the only one.
    """
    order = rng.permutation(len(lengths))
    size = min(size, len(lengths))
    whole = len(lengths) // size * size if size >= MIN_PAIRS else 0
    longer, shorter = lengths.max(axis=1)[order], lengths.min(axis=1)[order]
    bounds = np.arange(0, whole + 1, max(1, size), dtype=np.int64)
    return _shuffled(order, bounds, longer, shorter, rng)


def _sorted(lengths: npt.NDArray[np.float64], windows: int) -> Ints:
    """Return the order of pairs by window of the longer view, then by the shorter view."""
    longer, shorter = lengths.max(axis=1), lengths.min(axis=1)
    rank = np.empty(len(lengths), dtype=np.int64)
    rank[np.argsort(longer, kind="stable")] = np.arange(len(lengths))
    window = rank * windows // max(1, len(lengths))
    order: Ints = np.lexsort((np.where(window % 2, -shorter, shorter), window))
    return order


@compiled
def _cut(longer: Ints, shorter: Ints, tokens: int) -> Ints:
    """Return the bounds of consecutive batches, each as large as budget and `MIN_PAIRS` allow."""
    bounds = [0]
    widest_longer, widest_shorter = 0, 0
    for i in range(len(longer)):
        widest_longer = max(widest_longer, longer[i])
        widest_shorter = max(widest_shorter, shorter[i])
        pairs = i - bounds[-1]
        if pairs >= MIN_PAIRS and (widest_longer + widest_shorter) * (pairs + 1) > tokens:
            bounds.append(i)
            widest_longer, widest_shorter = longer[i], shorter[i]
    if len(longer):
        bounds.append(len(longer))
    return np.array(bounds, dtype=np.int64)


def _shuffled(
    order: Ints, bounds: Ints, longer: Ints, shorter: Ints, rng: np.random.Generator
) -> BatchPlan:
    """Put the batches `bounds` of sorted pairs into random order, and count their tokens."""
    sizes = np.diff(bounds)
    starts = bounds[:-1]
    used = int(bounds[-1])
    widest = np.zeros(len(sizes), dtype=np.int64)
    if len(sizes):
        widest = np.maximum.reduceat(longer[:used], starts)
        widest = widest + np.maximum.reduceat(shorter[:used], starts)
    batch_order = rng.permutation(len(sizes))
    batches = np.split(order[:used], bounds[1:-1])
    return BatchPlan(
        order=np.concatenate([batches[batch] for batch in batch_order] or [order[:0]]),
        bounds=np.concatenate([[0], np.cumsum(sizes[batch_order])]),
        padded=int((widest * sizes).sum()),
        real=int(longer[:used].sum() + shorter[:used].sum()),
    )

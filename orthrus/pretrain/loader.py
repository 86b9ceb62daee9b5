"""The batches of one rank, step after step, made in a thread beside the training."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from orthrus.array_types import Ints
from orthrus.errors import OrthrusError
from orthrus.pretrain.data import WHOLE, Batch, Epoch, PairDataset, Part

AHEAD = 4
"""Batches that wait for the training at most."""

LONG_EVERY = 4
"""Of so many batches of `paper` one is of long transcripts (paper, appendix A.3)."""

T = TypeVar("T")
Job = tuple[Epoch, int, Part]


class TrainingBatches:
    """The batches of training steps 1, 2, … `steps` of one rank, epoch after epoch.

    Lightning saves the position with the rest of the state (`state_dict`); the batch of a step is
    the same wherever the iteration started.

    Parameters
    ----------
    examples
        What makes batches.
    bases
        Rows to train on.
    steps
        Number of batches.
    rank, ranks
        Which process this is, of how many. With `token_budget`, rank r takes the r-th part of the
        batch of each step, which is the same for any number of ranks. With `paper`, the ranks take
        the next batches of one sequence, of which the first of every four is long.

    Attributes
    ----------
    waited
        Seconds that the training waited for batches so far.
    """

    def __init__(
        self, examples: PairDataset, bases: Ints, steps: int, rank: int = 0, ranks: int = 1
    ):
        self.examples = examples
        self.bases = bases
        self.steps = steps
        self.rank, self.ranks = rank, ranks
        self.start = 0
        self.delivered = 0
        self.waited = 0.0

    def __len__(self) -> int:
        return self.steps

    def state_dict(self) -> dict[str, int]:
        """Return the number of batches delivered so far."""
        return {"delivered": self.delivered}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Let the next iteration start after the batches delivered before."""
        self.start = state["delivered"]

    def __iter__(self) -> Iterator[Batch]:
        self.delivered = self.start
        made = prefetch(self._batches)
        while True:
            before = time.perf_counter()
            batch = next(made, None)
            self.waited += time.perf_counter() - before
            if batch is None:
                return
            self.delivered += 1
            yield batch

    def outlook(self) -> dict[str, float]:
        """Describe the first epoch: pairs per step over all ranks, negatives of a pair, padding.

        Each view of a pair has both views of all others of its step as negatives, but for those
        of its gene where they do not count.
        """
        plans = [self.examples.epoch(bases, 0).plan for bases in self._classes()]
        pairs = [len(plan.order) / max(1, len(plan)) for plan in plans]
        per_step = pairs[0]
        if self._paper:
            per_step = self.ranks * (pairs[0] + (LONG_EVERY - 1) * pairs[-1]) / LONG_EVERY
        padded = max(1, sum(plan.padded for plan in plans))
        return {
            "batches_per_epoch": sum(len(plan) for plan in plans),
            "pairs_per_step": round(per_step, 2),
            "negatives_per_view": round(max(0.0, 2 * (per_step - 1)), 2),
            "padding_efficiency": round(sum(plan.real for plan in plans) / padded, 4),
        }

    @property
    def _paper(self) -> bool:
        return self.examples.settings.batch.strategy == "paper"

    def _classes(self) -> list[Ints]:
        """Return the bases that are batched apart: with `paper`, long and short ones."""
        if not self._paper:
            return [self.bases]
        long = self.examples.is_long(self.bases)
        return [self.bases[chosen] for chosen in (long, ~long) if chosen.any()]

    def _batches(self) -> Iterator[Batch]:
        for epoch, index, part in itertools.islice(self._jobs(), self.start, self.steps):
            yield self.examples.batch(epoch, index, masked=True, part=part)

    def _jobs(self) -> Iterator[Job]:
        """Yield which batch this rank takes at each step, without end."""
        if self._paper:
            return itertools.islice(self._slots(), self.rank, None, self.ranks)
        return ((*job, (self.rank, self.ranks)) for job in self._endless(self.bases))

    def _slots(self) -> Iterator[Job]:
        """Yield one batch of long transcripts, then three of short ones, and so on."""
        streams = [self._endless(bases) for bases in self._classes()]
        for slot in itertools.count():
            yield (*next(streams[0 if slot % LONG_EVERY == 0 else -1]), WHOLE)

    def _endless(self, bases: Ints) -> Iterator[tuple[Epoch, int]]:
        for number in itertools.count():
            epoch = self.examples.epoch(bases, number)
            self._check(epoch)
            for index in range(len(epoch.plan)):
                yield epoch, index

    def _check(self, epoch: Epoch) -> None:
        """Refuse batches that do not suffice for all ranks."""
        batch = self.examples.settings.batch
        fewest = np.diff(epoch.plan.bounds).min(initial=len(epoch.base))
        if not self._paper and fewest < self.ranks:
            raise OrthrusError(
                f"batch.tokens: {batch.tokens} gives some steps {fewest} pairs, fewer than the "
                f"{self.ranks} processes; set it to {2 * self.ranks * batch.max_length} or more"
            )
        if not len(epoch.plan):
            raise OrthrusError(
                "batch.strategy: paper needs two or more transcripts of a length class; lower "
                "batch.max_length, or use token_budget"
            )


def prefetch(make: Callable[[], Iterator[T]]) -> Iterator[T]:
    """Iterate over `make()` in a thread that is at most `AHEAD` items ahead.

    What the thread raises is raised here. It ends with the iteration, or when that is given up.
    """
    items: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(AHEAD)
    given_up = threading.Event()

    def put(item: tuple[T] | BaseException | None) -> None:
        while not given_up.is_set():
            try:
                return items.put(item, timeout=0.1)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in make():
                put((item,))
                if given_up.is_set():
                    return
            put(None)
        except BaseException as error:  # handed to the thread that waits for it
            put(error)

    thread = threading.Thread(target=work, name="batches", daemon=True)
    thread.start()
    try:
        while (item := items.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        given_up.set()
        thread.join()

"""The processes (ranks) of one training: how many there are, and sums and collections over them.

With one process everything here is the identity, and torch.distributed is not started.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.autograd.function import FunctionCtx

PATIENCE = timedelta(days=2)
"""For each other: the first process may have to map a corpus, or wait for another training."""


def launched() -> bool:
    """Tell whether `torchrun` started this process."""
    return dist.is_torchelastic_launched()


def join(device: torch.device) -> None:
    """Meet the other processes that `torchrun` started, if it did: NCCL on GPUs, else gloo."""
    if launched() and not dist.is_initialized():
        if device.type == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, timeout=PATIENCE)


_alone = False


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Let this process compute as if there were no others."""
    global _alone
    _alone = True
    try:
        yield
    finally:
        _alone = False


def ranks() -> int:
    """Return the number of processes, 1 outside `torchrun`."""
    return dist.get_world_size() if dist.is_initialized() and not _alone else 1


def rank() -> int:
    """Return the number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def barrier() -> None:
    """Wait until every process is here."""
    if ranks() > 1:
        dist.barrier()


class _Sum(torch.autograd.Function):
    """The sum over all ranks; every rank's result depends on every rank's values."""

    @staticmethod
    def forward(ctx: FunctionCtx, values: torch.Tensor) -> torch.Tensor:  # noqa: ARG004
        total = values.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: torch.Tensor) -> torch.Tensor:
        return _Sum.forward(ctx, gradient)


def total(values: torch.Tensor) -> torch.Tensor:
    """Return the sum of `values` over all ranks, element by element.

    Its gradient is that of the sum of all ranks' losses: each rank receives what every rank's
    loss owes to its values.
    """
    if ranks() == 1:
        return values
    summed: torch.Tensor = _Sum.apply(values)
    return summed


def gather(values: torch.Tensor) -> tuple[torch.Tensor, int]:
    """Put the rows of all ranks below each other; ranks may hold different numbers of rows.

    Parameters
    ----------
    values
        (n, …) rows of this rank.

    Returns
    -------
    tuple
        (N, …) the rows of all ranks, in the order of ranks, with the gradient of `total`; and
        where this rank's own begin.
    """
    if ranks() == 1:
        return values, 0
    sizes = torch.zeros(ranks(), dtype=torch.int64, device=values.device)
    sizes[rank()] = len(values)
    counts = total(sizes).tolist()
    start = sum(counts[: rank()])
    before = values.new_zeros(start, *values.shape[1:])
    after = values.new_zeros(sum(counts[rank() + 1 :]), *values.shape[1:])
    return total(torch.cat([before, values, after])), start

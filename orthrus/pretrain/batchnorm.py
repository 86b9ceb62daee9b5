"""Batch normalisation whose statistics are those of all ranks' batches together."""

from __future__ import annotations

import torch
from torch import nn

from orthrus.pretrain import distributed


class GlobalBatchNorm(nn.BatchNorm1d):
    """Batch norm of (B, C) with mean and variance over the rows of all ranks.

    Unlike torch's SyncBatchNorm it runs on the CPU too. Parameters and state are `BatchNorm1d`'s.
    """

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Normalise rows (B, C); B may differ between ranks."""
        if not self.training or distributed.ranks() == 1:
            return super().forward(rows)
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        values = rows.to(self.weight.dtype)
        size = distributed.total(values.new_tensor([len(values)])).item()
        mean = distributed.total(values.sum(dim=0)) / size
        variance = distributed.total((values - mean).square().sum(dim=0)) / size
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * size / (size - 1), self.momentum)
        normed = (values - mean) * (variance + self.eps).rsqrt()
        return (normed * self.weight + self.bias).to(rows.dtype)


def globalise(module: nn.Module) -> None:
    """Turn every `BatchNorm1d` below `module` into a `GlobalBatchNorm`, in place."""
    for part in module.modules():
        if type(part) is nn.BatchNorm1d:
            # All that differs is `forward`, so parameters and state stay where they are.
            part.__class__ = GlobalBatchNorm

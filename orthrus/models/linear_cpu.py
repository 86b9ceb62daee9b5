"""Products of sequences and weights, on the CPU by the faster of torch's two libraries."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

SMALL = 20_480
"""Numbers up to which torch convolves without oneDNN."""


def product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Multiply every position by a weight: (…, K), (N, K) → (…, N), differentiable.

    Float32 on the CPU is computed as a convolution over one position, which torch leaves to oneDNN;
    MKL, which it takes for matrices, has half of that speed on processors other than Intel's.
    """
    single = x.is_cpu and x.dtype == torch.float32 and torch.backends.mkldnn.is_available()
    if not single or x.numel() <= SMALL:
        return functional.linear(x, weight)
    image = x.reshape(1, 1, -1, x.shape[-1]).permute(0, 3, 1, 2)
    # The dilation means nothing for one position, but with one thread oneDNN is only taken with it.
    made = functional.conv2d(image, weight[:, :, None, None], dilation=2)
    return made.permute(0, 2, 3, 1).reshape(*x.shape[:-1], len(weight))


class Projection(nn.Linear):
    """A linear map of every position without bias, computed by `product`."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (…, inputs) → (…, outputs)."""
        return product(x, self.weight)

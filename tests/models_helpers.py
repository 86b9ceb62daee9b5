"""Operands and comparisons for tests of the encoder's parts."""

from __future__ import annotations

import torch

from orthrus.config.models import EncoderSettings
from orthrus.models.encoder import Orthrus

OPERANDS = ("u", "delta", "A", "B", "C", "D", "z", "delta_bias")


def scan_operands(batch: int, length: int, channels: int, states: int = 16) -> list[torch.Tensor]:
    """Make operands of a scan as a mixer does: halves and slices of wider projections."""
    u, z = torch.randn(batch, length, 2 * channels).chunk(2, dim=-1)
    projected = torch.randn(batch, length, 3 + 2 * states)
    _, B, C = projected.split((3, states, states), dim=-1)
    A = -torch.arange(1.0, states + 1).repeat(channels, 1) * torch.rand(channels, states).exp()
    delta, D = torch.randn(batch, length, channels), torch.randn(channels)
    return [u, delta, A, B, C, D, z, torch.empty(channels).uniform_(-7, -2)]


def leaves(tensors: list[torch.Tensor], dtype: torch.dtype) -> list[torch.Tensor]:
    """Copy tensors as leaves that ask for a gradient, keeping their strides."""
    return [tensor.detach().to(dtype).requires_grad_() for tensor in tensors]


def relative(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """Return the largest error of `found`, relative to the largest value of `wanted`."""
    error = (found - wanted).detach().abs().max()
    return float(error / wanted.detach().abs().max().clamp(min=1e-30))


def small(tracks: int = 6, width: int = 32, layers: int = 2) -> Orthrus:
    """Make a small encoder, the same one each time."""
    torch.manual_seed(7)
    return Orthrus(EncoderSettings(n_tracks=tracks, width=width, layers=layers)).eval()

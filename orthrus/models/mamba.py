"""The Mamba-1 mixer and its residual block, with the parameter names of published weights."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import nn

from orthrus.models.conv import causal_conv_silu
from orthrus.models.linear_cpu import Projection, product
from orthrus.models.scan import choose, selective_scan

STATES = 16
CONV_WIDTH = 4
EXPAND = 2
STEP_MIN, STEP_MAX, STEP_FLOOR = 1e-3, 1e-1, 1e-4


class Mamba(nn.Module):
    """Mamba-1 sequence mixer (Gu & Dao 2023, figure 3): (B, L, width) → (B, L, width), causal.

    Parameter names, shapes and initialisation are those of `mamba_ssm.Mamba` with its defaults.

    Parameters
    ----------
    width : int
        Channels in and out; inside there are twice as many.
    """

    def __init__(self, width: int):
        super().__init__()
        inner, rank = EXPAND * width, math.ceil(width / 16)
        self.sizes = (rank, STATES, STATES)
        self.in_proj = Projection(width, 2 * inner)
        self.conv1d = nn.Conv1d(inner, inner, CONV_WIDTH, groups=inner)
        self.x_proj = Projection(inner, sum(self.sizes))
        self.dt_proj = nn.Linear(rank, inner)
        states = torch.arange(1, STATES + 1, dtype=torch.float32)
        self.A_log = nn.Parameter(torch.log(states).repeat(inner, 1))
        self.D = nn.Parameter(torch.ones(inner))
        self.out_proj = Projection(inner, width)
        self._start_steps(rank)

    @torch.no_grad()
    def _start_steps(self, rank: int) -> None:
        """Make the step sizes log-uniform between STEP_MIN and STEP_MAX (Gu & Dao, section 3.6)."""
        nn.init.uniform_(self.dt_proj.weight, -(rank**-0.5), rank**-0.5)
        span = math.log(STEP_MAX) - math.log(STEP_MIN)
        steps = torch.exp(torch.rand_like(self.dt_proj.bias) * span + math.log(STEP_MIN))
        steps = steps.clamp(min=STEP_FLOOR)
        self.dt_proj.bias.copy_(steps + torch.log(-torch.expm1(-steps)))  # inverse of softplus

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Mix along the sequence: (B, L, width) → (B, L, width)."""
        both = self.in_proj(hidden)
        compiled = choose(both.device.type, both.dtype) == "numba"
        mixed: torch.Tensor = self.out_proj(self._compiled(both) if compiled else self._mix(both))
        return mixed

    def _mix(self, both: torch.Tensor) -> torch.Tensor:
        """Convolve, project and scan: (B, L, 4 width) → (B, L, 2 width)."""
        x, gate = both.chunk(2, dim=-1)
        x = causal_conv_silu(x, self.conv1d.weight, cast(torch.Tensor, self.conv1d.bias))
        delta, B, C = self.x_proj(x).split(self.sizes, dim=-1)
        delta = product(delta, self.dt_proj.weight)  # its bias belongs to the softplus
        A = -torch.exp(self.A_log)
        return selective_scan(x, delta, A, B, C, self.D, gate, self.dt_proj.bias)

    def _compiled(self, both: torch.Tensor) -> torch.Tensor:
        """Do the same in one step on the CPU."""
        from orthrus.models.mixer_cpu import Mixer  # compiled code, wanted on the CPU only

        operands = (
            *(both, self.conv1d.weight, cast(torch.Tensor, self.conv1d.bias), self.x_proj.weight),
            *(self.dt_proj.weight, self.dt_proj.bias, -torch.exp(self.A_log), self.D),
        )
        mixed: torch.Tensor = Mixer.apply(*(operand.float() for operand in operands))
        return mixed.to(both.dtype)


class MambaBlock(nn.Module):
    """Layer norm and mixer on a residual stream that the caller carries along."""

    def __init__(self, width: int):
        super().__init__()
        self.mixer = Mamba(width)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, hidden: torch.Tensor, residual: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (mixer output, residual), both (B, L, width)."""
        residual = hidden + residual
        return self.mixer(self.norm(residual)), residual

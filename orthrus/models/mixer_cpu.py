"""All of a Mamba-1 mixer between its projections in and out, in one step, for the CPU.

It goes through the batch in slices whose intermediate results fit the caches. For the backward pass
it keeps its input, the small projection to step sizes and states, and the scan's states at chunk
starts; the convolution and the step sizes are computed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.amp import custom_bwd, custom_fwd

from orthrus.models import conv, scan_cpu
from orthrus.models.linear_cpu import product

SLICE = 2**21  # numbers in one intermediate result


class Mixer(torch.autograd.Function):
    """Convolution, projections and selective scan of float32 tensors, whatever autocast says.

    `apply` takes what `in_proj` returns, (B, L, 2 D), and parameters of `mamba.Mamba`: weight and
    bias of `conv1d`, weight of `x_proj`, weight and bias of `dt_proj`, A (D, N), and D. It returns
    what `out_proj` wants, (B, L, D).
    """

    @staticmethod
    @custom_fwd(device_type="cpu", cast_inputs=torch.float32)
    def forward(ctx: Any, both: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        """Mix, keeping what `backward` needs if a gradient will be asked for."""
        taps, bias, x_proj, *_ = parameters
        keep = any(ctx.needs_input_grad)
        out = both.new_empty(*both.shape[:2], both.shape[2] // 2)
        kept: list[torch.Tensor] = []
        for part in _slices(out):
            x, gate = both[part].chunk(2, dim=-1)
            x = conv.convolve(x, taps, bias)
            small = product(x, x_proj)
            marks = scan_cpu.scan(_operands(x, small, gate, parameters), out[part], keep)
            if keep:
                kept += small, marks
        ctx.save_for_backward(both, *parameters, *kept)
        return out

    @staticmethod
    @custom_bwd(device_type="cpu")
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the gradients of the arguments, in their order."""
        both, *saved = ctx.saved_tensors
        parameters, kept = saved[:7], saved[7:]
        taps, bias, x_proj, dt_weight, *_ = parameters
        rank = dt_weight.shape[1]
        d_both = torch.empty_like(both)
        totals = [torch.zeros_like(parameter) for parameter in parameters]
        parts = _slices(gradients[0])
        for part, small, marks in zip(parts, kept[::2], kept[1::2], strict=True):
            x_in, gate = both[part].chunk(2, dim=-1)
            dx_in, d_gate = d_both[part].chunk(2, dim=-1)
            x = conv.convolve(x_in, taps, bias)
            dx, d_delta = torch.empty(2, *x.shape)
            dA, dB, dC, d_skip, d_dt_bias = scan_cpu.backward(
                _operands(x, small, gate, parameters),
                marks,
                gradients[0][part],
                (dx, d_delta, d_gate),
            )
            d_small = torch.cat([product(d_delta, dt_weight.T), dB, dC], dim=-1)
            rows, small_rows = d_delta.flatten(0, 1), d_small.flatten(0, 1)
            dx += product(d_small, x_proj.T)
            d_taps, d_bias = conv.backward(x_in, taps, bias, dx, dx_in)
            d_x_proj = product(x.flatten(0, 1).T, small_rows.T).T
            d_dt_weight = product(rows.T, small[..., :rank].flatten(0, 1).T)
            shares = (d_taps, d_bias, d_x_proj, d_dt_weight, d_dt_bias, dA, d_skip)
            for total, share in zip(totals, shares, strict=True):
                total += share
        return d_both, *totals


def _slices(out: torch.Tensor) -> Iterator[slice]:
    """Cut a batch (B, L, D) into slices of whole sequences, about SLICE numbers each."""
    batch, length, width = out.shape
    size = max(1, SLICE // (length * width))
    for start in range(0, batch, size):
        yield slice(start, start + size)


def _operands(
    x: torch.Tensor, small: torch.Tensor, gate: torch.Tensor, parameters: scan_cpu.Operands
) -> scan_cpu.Operands:
    """Return the operands of the scan; `small` is the projection to step sizes and states."""
    *_, dt_weight, dt_bias, A, skip = parameters
    sizes = (dt_weight.shape[1], A.shape[1], A.shape[1])
    delta, B, C = small.split(sizes, dim=-1)
    return x, product(delta, dt_weight), A, B, C, skip, gate, dt_bias

"""Causal depthwise convolution and SiLU in one pass, as the Mamba-1 mixer needs it."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from orthrus.models.numba_utils import (
    CHUNK,
    LANES,
    buffer,
    clear,
    columns,
    f32,
    fill,
    inline,
    kernel,
    run,
    sigmoid,
    spill,
)

TAPS = 4
PAST = TAPS - 1


def causal_conv_silu(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Convolve every channel with its own taps over the past, and apply SiLU.

    Parameters
    ----------
    x : (B, L, D)
    weight : (D, 1, 4)
        Taps, the last for the present (as `torch.nn.Conv1d` with `groups=D` holds them).
    bias : (D,)

    Returns
    -------
    (B, L, D)
        Position t depends on positions t - 3 … t. On the CPU a kernel computes it in float32,
        unless it is asked for float64.
    """
    if x.is_cpu and x.dtype != torch.float64:
        out: torch.Tensor = _ConvSilu.apply(x.float(), weight.float(), bias.float())
        return out.to(x.dtype)
    return reference(x, weight, bias)


def reference(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Convolve with torch alone; see `causal_conv_silu`."""
    past = weight.shape[-1] - 1
    padded = functional.pad(x.transpose(1, 2), (past, 0))
    mixed = functional.conv1d(padded, weight, bias, groups=weight.shape[0])
    return functional.silu(mixed).transpose(1, 2)


@inline
def _convolve(steps: int, x: Any, taps: Any, out: Any) -> None:
    """Convolve x (PAST rows of the past, then `steps`) into `out`."""
    for t in range(steps):
        for c in range(LANES):
            near = taps[3, c] * x[t + 3, c] + taps[2, c] * x[t + 2, c]
            far = taps[1, c] * x[t + 1, c] + taps[0, c] * x[t, c]
            out[t, c] = taps[4, c] + near + far


@inline
def _silu(steps: int, y: Any, out: Any) -> None:
    """Set `out` to SiLU of y."""
    for t in range(steps):
        for c in range(LANES):
            out[t, c] = y[t, c] * sigmoid(y[t, c])


@inline
def _move(source: Any, start: int, target: Any, first: int) -> None:
    """Copy PAST rows of a buffer to another, or towards its beginning."""
    for t in range(PAST):
        for c in range(LANES):
            target[first + t, c] = source[start + t, c]


@inline
def _load(x_in: Any, row: int, column: int, start: int, steps: int, lanes: int, x: Any) -> None:
    """Load a chunk that begins at position `start`, after PAST rows of its past."""
    before = min(PAST, start)
    clear(PAST, x)
    fill(x_in, row - before, column, steps + before, lanes, x[PAST - before :])


@kernel
def _forward(first: int, last: int, length: int, x_in: Any, taps_in: Any, out: Any) -> None:
    """Convolve tasks first…last, each one sequence and LANES channels."""
    channels = taps_in.shape[1]
    blocks = (channels + LANES - 1) // LANES
    x, y, activated, taps = buffer(), buffer(), buffer(), buffer()
    for task in range(first, last):
        column = task % blocks * LANES
        lanes = min(LANES, channels - column)
        fill((taps_in, 0), 0, column, TAPS + 1, lanes, taps)
        for start in range(0, length, CHUNK):
            steps = min(CHUNK, length - start)
            row = task // blocks * length + start
            _load(x_in, row, column, start, steps, lanes, x)
            _convolve(steps, x, taps, y)
            _silu(steps, y, activated)
            spill(activated, row, column, steps, lanes, out)


@inline
def _silu_gradient(steps: int, d_out: Any, y: Any, dy: Any) -> None:
    """Set the gradient of y, from that of SiLU of y."""
    for t in range(steps):
        for c in range(LANES):
            opened = sigmoid(y[t, c])
            dy[t, c] = d_out[t, c] * opened * (f32(1) + y[t, c] * (f32(1) - opened))


@inline
def _correlate(steps: int, x: Any, dy: Any, taps: Any, dx: Any, d_taps: Any) -> None:
    """Set dx from dy (`steps` rows, then PAST of the future), and add to the taps' gradients."""
    for t in range(steps):
        for c in range(LANES):
            near = taps[3, c] * dy[t, c] + taps[2, c] * dy[t + 1, c]
            far = taps[1, c] * dy[t + 2, c] + taps[0, c] * dy[t + 3, c]
            dx[t, c] = near + far
            d_taps[0, c] += x[t, c] * dy[t, c]
            d_taps[1, c] += x[t + 1, c] * dy[t, c]
            d_taps[2, c] += x[t + 2, c] * dy[t, c]
            d_taps[3, c] += x[t + 3, c] * dy[t, c]
            d_taps[4, c] += dy[t, c]


@kernel
def _backward(
    first: int, last: int, length: int, x_in: Any, taps_in: Any, d_out_in: Any, dx_out: Any,
    d_taps_out: Any,
) -> None:  # fmt: skip
    """Differentiate tasks first…last; `d_taps_out` (B, TAPS + 1, D): of the taps, then the bias."""
    channels = taps_in.shape[1]
    blocks = (channels + LANES - 1) // LANES
    x, y, d_out, dx, dy = buffer(), buffer(), buffer(), buffer(), buffer()
    taps, d_taps, future = buffer(), buffer(), buffer()
    for task in range(first, last):
        column = task % blocks * LANES
        lanes = min(LANES, channels - column)
        fill((taps_in, 0), 0, column, TAPS + 1, lanes, taps)
        clear(TAPS + 1, d_taps)
        clear(PAST, future)
        for chunk in range((length - 1) // CHUNK, -1, -1):
            start = chunk * CHUNK
            steps = min(CHUNK, length - start)
            row = task // blocks * length + start
            _load(x_in, row, column, start, steps, lanes, x)
            fill(d_out_in, row, column, steps, lanes, d_out)
            _convolve(steps, x, taps, y)
            _silu_gradient(steps, d_out, y, dy)
            _move(future, 0, dy, steps)
            _correlate(steps, x, dy, taps, dx, d_taps)
            _move(dy, 0, future, 0)
            spill(dx, row, column, steps, lanes, dx_out)
        spill(d_taps, 0, column, TAPS + 1, lanes, (d_taps_out[task // blocks], 0))


def convolve(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Run the kernel on float32 tensors; see `causal_conv_silu`."""
    batch, length, channels = x.shape
    out = torch.empty(batch, length, channels)
    tasks = batch * -(-channels // LANES)
    run(_forward, tasks, length, columns(x), _taps(weight, bias), columns(out))
    return out


def backward(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    d_out: torch.Tensor,
    dx: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Write the gradient of x into `dx`, of its shape; return those of weight and bias."""
    batch, length, channels = x.shape
    tasks = batch * -(-channels // LANES)
    d_taps = torch.empty(batch, TAPS + 1, channels)
    run(
        _backward, tasks, length, columns(x), _taps(weight, bias), columns(d_out),
        columns(dx), d_taps.numpy(),
    )  # fmt: skip
    d_weight, d_bias = d_taps.sum(0).split((TAPS, 1))
    return d_weight.T[:, None], d_bias[0]


def _taps(weight: torch.Tensor, bias: torch.Tensor) -> Any:
    """Return what kernels read: the taps, then the bias, (TAPS + 1, D)."""
    return torch.cat([weight.detach()[:, 0].T, bias.detach()[None]]).numpy()


class _ConvSilu(torch.autograd.Function):
    """The compiled convolution of float32 tensors on the CPU."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
    ) -> torch.Tensor:
        """Convolve and apply SiLU; only the operands are kept."""
        ctx.save_for_backward(x, weight, bias)
        return convolve(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the gradients of x, weight and bias."""
        x, weight, bias = ctx.saved_tensors
        dx = torch.empty(x.shape)
        return dx, *backward(x, weight, bias, gradients[0], dx)

"""The selective scan compiled for the CPU, forward and backward.

A task is one sequence and LANES channels. It walks along the sequence in chunks of CHUNK steps, all
operands of a chunk in local buffers that fit the first-level cache, and for each of the N states
sweeps the chunk with its LANES channels in vector registers. Only the states at chunk starts are
kept for the backward pass, which recomputes the others: nothing of size L × D × N exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from orthrus.models.numba_utils import (
    CHUNK,
    LANES,
    LN2,
    LOG2E,
    buffer,
    clear,
    columns,
    exp2,
    f32,
    fill,
    inline,
    inline_sum,
    kernel,
    run,
    sigmoid,
    softplus,
    spill,
)

HALF = LANES // 2


@inline
def _prepare(
    steps: int, raw: Any, u: Any, offset: Any, skip: Any, step: Any, scaled: Any, y: Any
) -> None:
    """Set `step` to Δ = softplus(raw + offset), `scaled` to Δ·u, and y to D·u."""
    for t in range(steps):
        for c in range(LANES):
            step[t, c] = softplus(raw[t, c] + offset[c])
            scaled[t, c] = step[t, c] * u[t, c]
            y[t, c] = skip[c] * u[t, c]


@inline
def _gate(steps: int, values: Any, z: Any, out: Any) -> None:
    """Set `out` to values·silu(z)."""
    for t in range(steps):
        for c in range(LANES):
            out[t, c] = values[t, c] * z[t, c] * sigmoid(z[t, c])


@inline
def _sweep(
    steps: int, row: int, count: int, step: Any, scaled: Any, decay: Any, B: Any, C: Any,
    state: Any, y: Any,
) -> None:  # fmt: skip
    """Advance all states over a chunk and add their outputs to y."""
    for t in range(steps):
        for n in range(count):
            b = B[0][row + t, B[1] + n]
            weight = C[0][row + t, C[1] + n]
            for c in range(LANES):
                new = exp2(step[t, c] * decay[n, c]) * state[n, c] + scaled[t, c] * b
                state[n, c] = new
                y[t, c] += weight * new


@kernel
def _forward(
    first: int, last: int, length: int, inputs: Any, constants_in: Any, out: Any, marks: Any
) -> None:
    """Scan tasks first…last; `marks` (tasks, chunks, N, LANES) takes the states at chunk starts."""
    u_in, raw_in, z_in, B, C = inputs
    count, channels = constants_in.shape[0] - 2, constants_in.shape[1]
    blocks = (channels + LANES - 1) // LANES
    u, raw, z, step, scaled, y = buffer(), buffer(), buffer(), buffer(), buffer(), buffer()
    constants, state, gated = buffer(), buffer(), buffer()
    for task in range(first, last):
        column = task % blocks * LANES
        lanes = min(LANES, channels - column)
        fill((constants_in, 0), 0, column, count + 2, lanes, constants)
        clear(count, state)
        for start in range(0, length, CHUNK):
            steps = min(CHUNK, length - start)
            row = task // blocks * length + start
            if marks.size:
                spill(state, 0, 0, count, LANES, (marks[task, start // CHUNK], 0))
            fill(u_in, row, column, steps, lanes, u)
            fill(raw_in, row, column, steps, lanes, raw)
            fill(z_in, row, column, steps, lanes, z)
            _prepare(steps, raw, u, constants[count + 1], constants[count], step, scaled, y)
            _sweep(steps, row, count, step, scaled, constants, B, C, state, y)
            _gate(steps, y, z, gated)
            spill(gated, row, column, steps, lanes, out)


@inline_sum
def _recompute_state(
    t: int, n: int, c: int, b: Any, weight: Any, step: Any, scaled: Any, decay: Any, dy: Any,
    state: Any, before: Any, factors: Any, y: Any,
) -> Any:  # fmt: skip
    """Advance state n of lane c by step t. Return the gradient of C there."""
    factor = exp2(step[t, c] * decay[n, c])
    factors[t, c] = factor
    before[t, c] = state[n, c]
    new = factor * state[n, c] + scaled[t, c] * b
    state[n, c] = new
    y[t, c] += weight * new
    return dy[t, c] * new


@inline_sum
def _recompute_states(
    steps: int, row: int, n: int, step: Any, scaled: Any, decay: Any, B: Any, C: Any, dy: Any,
    state: Any, before: Any, factors: Any, y: Any, d_C: Any,
) -> None:  # fmt: skip
    """Advance state n over a chunk again, keeping it `before` each step and its decay `factors`.

    `d_C` (B·L, N) is set to this task's share of the gradient of C. Loops over lanes take two at a
    time, LANES / 2 apart: the compiler would take neighbours, and then shuffle them.
    """
    for t in range(steps):
        b = B[0][row + t, B[1] + n]
        weight = C[0][row + t, C[1] + n]
        total = f32(0)
        for c in range(HALF):
            total += _recompute_state(
                t, n, c, b, weight, step, scaled, decay, dy, state, before, factors, y
            ) + _recompute_state(
                t, n, c + HALF, b, weight, step, scaled, decay, dy, state, before, factors, y
            )
        d_C[row + t, n] = total


@inline_sum
def _back(
    t: int, n: int, c: int, b: Any, weight: Any, step: Any, scaled: Any, decay: Any, dy: Any,
    before: Any, factors: Any, carry: Any, d_step: Any, d_scaled: Any, d_decay: Any,
) -> Any:  # fmt: skip
    """Carry the gradient of state n of lane c back by step t. Return the gradient of B there."""
    gradient = carry[n, c] + dy[t, c] * weight
    d_scaled[t, c] += gradient * b
    share = gradient * scaled[t, c]
    gradient *= factors[t, c]
    carry[n, c] = gradient
    through = gradient * before[t, c]
    d_step[t, c] += through * decay[n, c]
    d_decay[n, c] += through * step[t, c]
    return share


@inline_sum
def _sweep_back(
    steps: int, row: int, n: int, step: Any, scaled: Any, decay: Any, B: Any, C: Any, dy: Any,
    before: Any, factors: Any, carry: Any, d_step: Any, d_scaled: Any, d_decay: Any, d_B: Any,
) -> None:  # fmt: skip
    """Carry the gradient of state n back over a chunk, adding to all gradients it feeds.

    `d_B` (B·L, N) is set to this task's share of the gradient of B.
    """
    for t in range(steps - 1, -1, -1):
        b = B[0][row + t, B[1] + n]
        weight = C[0][row + t, C[1] + n]
        total = f32(0)
        for c in range(HALF):
            total += _back(
                t, n, c, b, weight, step, scaled, decay, dy,
                before, factors, carry, d_step, d_scaled, d_decay,
            ) + _back(
                t, n, c + HALF, b, weight, step, scaled, decay, dy,
                before, factors, carry, d_step, d_scaled, d_decay,
            )  # fmt: skip
        d_B[row + t, n] = total


@inline
def _gate_gradient(steps: int, d_out: Any, y: Any, z: Any, dz: Any) -> None:
    """Set the gradient of z, from that of y·silu(z)."""
    for t in range(steps):
        for c in range(LANES):
            opened = sigmoid(z[t, c])
            dz[t, c] = d_out[t, c] * y[t, c] * opened * (f32(1) + z[t, c] * (f32(1) - opened))


@inline
def _input_gradients(
    steps: int, u: Any, raw: Any, step: Any, offset: Any, skip: Any, dy: Any,
    d_step: Any, d_scaled: Any, d_skip: Any, d_offset: Any,
) -> None:  # fmt: skip
    """Turn the gradients of log2(e)·Δ (`d_step`) and Δ·u (`d_scaled`) into those of raw and u."""
    for t in range(steps):
        for c in range(LANES):
            d_raw = (d_step[t, c] * LN2 + d_scaled[t, c] * u[t, c]) * sigmoid(raw[t, c] + offset[c])
            d_step[t, c] = d_raw
            d_scaled[t, c] = d_scaled[t, c] * step[t, c] + dy[t, c] * skip[c]
            d_offset[c] += d_raw
            d_skip[c] += dy[t, c] * u[t, c]


@kernel
def _backward(
    first: int, last: int, length: int, inputs: Any, constants_in: Any, marks: Any, d_out_in: Any,
    d_inputs: Any, d_BC: Any, d_constants: Any,
) -> None:  # fmt: skip
    """Differentiate tasks first…last.

    `d_inputs` takes the gradients of u, delta and z; `d_BC` (2, blocks, B·L, N) each block of
    channels' share of those of B and C; `d_constants` (B, N + 2, D) each sequence's of A, D, bias.
    """
    u_in, raw_in, z_in, B, C = inputs
    count, channels = constants_in.shape[0] - 2, constants_in.shape[1]
    blocks = (channels + LANES - 1) // LANES
    u, raw, z, step, scaled, y = buffer(), buffer(), buffer(), buffer(), buffer(), buffer()
    d_out, dy, dz, d_step, d_scaled = buffer(), buffer(), buffer(), buffer(), buffer()
    constants, d_constant = buffer(), buffer()
    state, before, factors, carry = buffer(), buffer(), buffer(), buffer()
    for task in range(first, last):
        block = task % blocks
        column = block * LANES
        lanes = min(LANES, channels - column)
        fill((constants_in, 0), 0, column, count + 2, lanes, constants)
        clear(count + 2, d_constant)
        clear(count, carry)
        for chunk in range((length - 1) // CHUNK, -1, -1):
            steps = min(CHUNK, length - chunk * CHUNK)
            row = task // blocks * length + chunk * CHUNK
            fill(u_in, row, column, steps, lanes, u)
            fill(raw_in, row, column, steps, lanes, raw)
            fill(z_in, row, column, steps, lanes, z)
            fill(d_out_in, row, column, steps, lanes, d_out)
            _prepare(steps, raw, u, constants[count + 1], constants[count], step, scaled, y)
            _gate(steps, d_out, z, dy)
            clear(steps, d_step)
            clear(steps, d_scaled)
            fill((marks[task, chunk], 0), 0, 0, count, LANES, state)
            for n in range(count):
                _recompute_states(
                    steps, row, n, step, scaled, constants, B, C, dy,
                    state, before, factors, y, d_BC[1, block],
                )  # fmt: skip
                _sweep_back(
                    steps, row, n, step, scaled, constants, B, C, dy,
                    before, factors, carry, d_step, d_scaled, d_constant, d_BC[0, block],
                )  # fmt: skip
            _gate_gradient(steps, d_out, y, z, dz)
            _input_gradients(
                steps, u, raw, step, constants[count + 1], constants[count], dy,
                d_step, d_scaled, d_constant[count], d_constant[count + 1],
            )  # fmt: skip
            spill(d_scaled, row, column, steps, lanes, d_inputs[0])
            spill(d_step, row, column, steps, lanes, d_inputs[1])
            spill(dz, row, column, steps, lanes, d_inputs[2])
        spill(d_constant, 0, column, count + 2, lanes, (d_constants[task // blocks], 0))


Operands = Sequence[torch.Tensor]
"""Float32 operands of `scan.selective_scan`, in its order."""


def scan(operands: Operands, out: torch.Tensor, keep: bool) -> torch.Tensor:
    """Run the forward kernel, writing its result into `out` (B, L, D).

    Returns
    -------
    (B · ⌈D / LANES⌉, chunks, N, LANES)
        The states at chunk starts, if `differentiate` will want to `keep` them; else none.
    """
    u, _, A, *_ = operands
    (batch, length, channels), count = u.shape, A.shape[1]
    tasks = batch * -(-channels // LANES)
    marks = torch.empty(tasks, -(-length // CHUNK) if keep else 0, count, LANES)
    run(_forward, tasks, length, *_arrays(operands), columns(out), marks.numpy())
    return marks


def backward(
    operands: Operands, marks: torch.Tensor, d_out: torch.Tensor, d_sequences: Operands
) -> tuple[torch.Tensor, ...]:
    """Run the backward kernel.

    The gradients of u, delta and z are written into `d_sequences`, three tensors of their shape;
    those of A, B, C, D and delta_bias are returned.
    """
    u, _, A, *_ = operands
    (batch, length, channels), count = u.shape, A.shape[1]
    blocks = -(-channels // LANES)
    d_BC = torch.empty(2, blocks, batch * length, count)
    d_constants = torch.empty(batch, count + 2, channels)
    run(
        _backward, batch * blocks, length, *_arrays(operands), marks.numpy(), columns(d_out),
        tuple(columns(gradient) for gradient in d_sequences), d_BC.numpy(), d_constants.numpy(),
    )  # fmt: skip
    dB, dC = d_BC.sum(1).view(2, batch, length, count)
    dA, dD, d_bias = d_constants.sum(0).split((count, 1, 1))
    return dA.T, dB, dC, dD[0], d_bias[0]


def _arrays(operands: Operands) -> tuple[Any, Any]:
    """Return what kernels read: sequences as columns of matrices, and constants (N + 2, D)."""
    u, delta, A, B, C, D, z, bias = (operand.detach() for operand in operands)
    constants = torch.cat([A.T * float(LOG2E), D[None], bias[None]])
    return tuple(columns(operand) for operand in (u, delta, z, B, C)), constants.numpy()


class Scan(torch.autograd.Function):
    """The compiled scan of float32 tensors on the CPU; operands as `scan.selective_scan`."""

    @staticmethod
    def forward(ctx: Any, *operands: torch.Tensor) -> torch.Tensor:
        """Scan, keeping the states at chunk starts if a gradient will be asked for."""
        out = torch.empty(operands[0].shape)
        marks = scan(operands, out, keep=any(ctx.needs_input_grad))
        ctx.save_for_backward(*operands, marks)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the gradients of the operands, in their order."""
        *operands, marks = ctx.saved_tensors
        du, d_delta, dz = torch.empty(3, *operands[0].shape)
        rest = backward(operands, marks, gradients[0], (du, d_delta, dz))
        dA, dB, dC, dD, d_bias = rest
        return du, d_delta, dA, dB, dC, dD, dz, d_bias

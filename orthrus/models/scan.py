"""The selective state-space scan of Mamba-1 behind one function.

For every channel d with states n = 1…N, at time t (Gu & Dao 2023, equation 2 and algorithm 2):

    Δ  = softplus(delta_t + delta_bias)
    h  = exp(Δ A_dn) h + Δ B_tn u_t
    y  = (Σ_n C_tn h_n + D u_t) · silu(z_t)
"""

from __future__ import annotations

import functools
import importlib
import os
from typing import Literal

import torch
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from orthrus import log
from orthrus.errors import OrthrusError

Backend = Literal["mamba_ssm", "numba", "chunked", "reference"]
FORCED = "ORTHRUS_SCAN"
CHUNK = 64  # steps of the chunked scan that are held at a time


def selective_scan(
    u: torch.Tensor,
    delta: torch.Tensor,
    A: torch.Tensor,
    B: torch.Tensor,
    C: torch.Tensor,
    D: torch.Tensor,
    z: torch.Tensor,
    delta_bias: torch.Tensor,
) -> torch.Tensor:
    """Scan sequences of channels, with step size softplus, skip connection and gate.

    Which implementation runs depends on where the tensors are; see `choose`.

    Parameters
    ----------
    u, delta, z : (B, L, D)
        Input, raw step size, raw gate.
    A : (D, N)
        State decay, negative.
    B, C : (B, L, N)
        Input and output weights of the states.
    D, delta_bias : (D,)
        Skip weight, and bias of the step size before its softplus.
    Sequences may be float64, or what autocast makes; A, D and delta_bias float32 or float64.

    Returns
    -------
    (B, L, D)
        The gated output, in the dtype of u.
    """
    operands: tuple[torch.Tensor, ...] = (u, delta, A, B, C, D, z, delta_bias)
    if not torch.is_grad_enabled():
        operands = tuple(operand.detach() for operand in operands)
    backend = choose(u.device.type, u.dtype)
    if backend == "mamba_ssm":
        return _mamba_ssm(*operands)
    if backend == "numba":
        return _numba(*operands)
    return chunked(*operands) if backend == "chunked" else reference(*operands)


def choose(device: str, dtype: torch.dtype) -> Backend:
    """Name the implementation for tensors on `device`, telling once why it is taken; see `decide`.

    Raises
    ------
    OrthrusError
        ORTHRUS_SCAN names none, or one that cannot run here.
    """
    backend, reason = decide(device, dtype)
    if dtype != torch.float64:
        _tell(backend, device, reason)
    return backend


def decide(device: str, dtype: torch.dtype) -> tuple[Backend, str]:
    """Name the implementation for tensors on `device`, and say why it is taken.

    On CUDA `mamba_ssm`, where it can be imported and a small forward pass works, else `chunked`;
    on the CPU the kernel compiled with `numba`; elsewhere `chunked`; for float64 the plain
    `reference`. The environment variable ORTHRUS_SCAN forces one of these names.

    Raises
    ------
    OrthrusError
        ORTHRUS_SCAN names none of them, or one that cannot run here.
    """
    return _decide(os.environ.get(FORCED, ""), device, dtype == torch.float64)


@functools.cache
def _decide(forced: str, device: str, double: bool) -> tuple[Backend, str]:
    able: dict[Backend, str] = {
        "mamba_ssm": _mamba_ssm_fault() if device == "cuda" else "its tensors must be on CUDA",
        "numba": "" if device == "cpu" else "its tensors must be on the CPU",
        "chunked": "",
        "reference": "",
    }
    if forced and forced not in able:
        raise OrthrusError(f"{FORCED}={forced}: no such scan; use one of {', '.join(able)}")
    if forced and (fault := able[forced]):
        raise OrthrusError(f"{FORCED}={forced} cannot run on {device}: {fault}")
    if forced:
        return forced, f"{FORCED} says so"
    if double:
        return "reference", "float64"
    if device == "cuda":
        fault = able["mamba_ssm"]
        return ("chunked", f"slower; mamba_ssm: {fault}") if fault else ("mamba_ssm", "it works")
    if device == "cpu":
        return "numba", f"{torch.get_num_threads()} threads"
    return "chunked", "slow; no other runs on this device"


@functools.cache
def _tell(backend: Backend, device: str, reason: str) -> None:
    log.say(f"selective scan on {device}: {backend} ({reason})")


def reference(
    u: torch.Tensor,
    delta: torch.Tensor,
    A: torch.Tensor,
    B: torch.Tensor,
    C: torch.Tensor,
    D: torch.Tensor,
    z: torch.Tensor,
    delta_bias: torch.Tensor,
) -> torch.Tensor:
    """Scan as the equations read, one step at a time, in the dtype given; see `selective_scan`."""
    step = functional.softplus(delta + delta_bias)
    state, outputs = u.new_zeros(u.shape[0], *A.shape), []
    # Not by index, of which each gradient would be a whole sequence of zeros but for one step.
    for size, scaled, b, c in zip(*(x.unbind(1) for x in (step, step * u, B, C)), strict=True):
        state = torch.exp(size[..., None] * A) * state + scaled[..., None] * b[:, None]
        outputs.append((state * c[:, None]).sum(-1))
    return (torch.stack(outputs, dim=1) + D * u) * functional.silu(z)


def chunked(
    u: torch.Tensor,
    delta: torch.Tensor,
    A: torch.Tensor,
    B: torch.Tensor,
    C: torch.Tensor,
    D: torch.Tensor,
    z: torch.Tensor,
    delta_bias: torch.Tensor,
) -> torch.Tensor:
    """Scan CHUNK steps at a time with torch alone, on any device; see `selective_scan`.

    States are float32 (float64 for float64 operands) whatever autocast says. Each chunk is computed
    again in the backward pass, so that no more than its states, B × CHUNK × D × N, are ever held.
    """
    with torch.autocast(u.device.type, enabled=False):
        exact = torch.promote_types(u.dtype, torch.float32)
        step = functional.softplus(delta.to(exact) + delta_bias)
        A, wide = A.to(exact), u.to(exact)
        state, outputs = wide.new_zeros(u.shape[0], *A.shape), []
        operands = (step, step * wide, B.to(exact), C.to(exact))
        for pieces in zip(*(operand.split(CHUNK, dim=1) for operand in operands), strict=True):
            y, state = checkpoint(_chunk, A, state, *pieces, use_reentrant=False)
            outputs.append(y)
        gate = functional.silu(z.to(exact))
        return ((torch.cat(outputs, dim=1) + D * wide) * gate).to(u.dtype)


def _chunk(
    A: torch.Tensor,
    state: torch.Tensor,
    step: torch.Tensor,
    scaled: torch.Tensor,
    B: torch.Tensor,
    C: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scan one chunk from a state (B, D, N); return y (B, T, D) and the state at its end.

    Step t maps h to decay·h + input. Maps compose by (a₂, b₂)∘(a₁, b₁) = (a₂a₁, a₂b₁ + b₂), so
    that log₂ T rounds, in which each step takes in the one 1, 2, 4, … before it, give every state
    (Hillis & Steele 1986). No decay is divided by, hence none may underflow.
    """
    decay = torch.exp(step[..., None] * A)
    inputs = scaled[..., None] * B[:, :, None]
    reach = 1
    while reach < step.shape[1]:
        late, early = decay[:, reach:], inputs[:, :-reach]
        inputs = torch.cat([inputs[:, :reach], inputs[:, reach:] + late * early], dim=1)
        decay = torch.cat([decay[:, :reach], late * decay[:, :-reach]], dim=1)
        reach *= 2
    states = decay * state[:, None] + inputs
    return torch.einsum("btdn,btn->btd", states, C), states[:, -1]


def _numba(*operands: torch.Tensor) -> torch.Tensor:
    """Scan with the compiled kernel, in float32 whatever autocast says."""
    from orthrus.models.scan_cpu import Scan  # compiled code, wanted on the CPU only

    scanned: torch.Tensor = Scan.apply(*(operand.float() for operand in operands))
    return scanned.to(operands[0].dtype)


def _mamba_ssm(*operands: torch.Tensor) -> torch.Tensor:
    """Scan with the CUDA kernel of mamba_ssm, which wants the channels before the sequence."""
    interface = importlib.import_module("mamba_ssm.ops.selective_scan_interface")
    u, delta, A, B, C, D, z, delta_bias = operands
    u, delta, B, C, z = (x.transpose(1, 2).contiguous() for x in (u, delta, B, C, z))
    scanned: torch.Tensor = interface.selective_scan_fn(
        u, delta, A.float(), B, C, D.float(), z, delta_bias.float(), delta_softplus=True
    )
    return scanned.transpose(1, 2)


@functools.cache
def _mamba_ssm_fault() -> str:
    """Say why mamba_ssm cannot be used, after trying it on a tiny input; empty if it can."""
    shapes = ((1, 2, 4), (1, 2, 4), (4, 16), (1, 2, 16), (1, 2, 16), (4,), (1, 2, 4), (4,))
    try:
        _mamba_ssm(*(torch.zeros(shape, device="cuda") for shape in shapes))
        torch.cuda.synchronize()  # faults of kernels are told no earlier
    except Exception as error:  # whatever a broken build raises, there is another way
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""

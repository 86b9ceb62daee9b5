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

from orthrus import log
from orthrus.errors import OrthrusError

Backend = Literal["mamba_ssm", "numba", "reference"]
FORCED = "ORTHRUS_SCAN"


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
    return reference(*operands)


def choose(device: str, dtype: torch.dtype) -> Backend:
    """Name the implementation for tensors on `device`, telling once why it is taken.

    On CUDA `mamba_ssm`, where it can be imported and works; on the CPU the kernel compiled with
    numba; else, and for float64, the plain `reference`. The environment variable ORTHRUS_SCAN
    forces one of these names.

    Raises
    ------
    OrthrusError
        ORTHRUS_SCAN names none of them, or one that cannot run here.
    """
    return _choose(os.environ.get(FORCED, ""), device, dtype == torch.float64)


@functools.cache
def _choose(forced: str, device: str, double: bool) -> Backend:
    able: dict[Backend, str] = {
        "mamba_ssm": _mamba_ssm_fault() if device == "cuda" else "its tensors must be on CUDA",
        "numba": "" if device == "cpu" else "its tensors must be on the CPU",
        "reference": "",
    }
    if forced and forced not in able:
        raise OrthrusError(f"{FORCED}={forced}: no such scan; use one of {', '.join(able)}")
    if forced and (fault := able[forced]):
        raise OrthrusError(f"{FORCED}={forced} cannot run on {device}: {fault}")
    if forced:
        return _tell(forced, device, f"{FORCED} says so")
    if double:
        return "reference"
    if device == "cuda":
        fault = able["mamba_ssm"]
        if fault:
            return _tell("reference", device, f"slow; mamba_ssm: {fault}")
        return _tell("mamba_ssm", device, "it is installed and works")
    if device == "cpu":
        return _tell("numba", device, f"{torch.get_num_threads()} threads")
    return _tell("reference", device, "slow; no other runs on this device")


def _tell(backend: Backend, device: str, reason: str) -> Backend:
    log.say(f"selective scan on {device}: {backend} ({reason})")
    return backend


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
    state = u.new_zeros(u.shape[0], *A.shape)
    outputs = []
    for t in range(u.shape[1]):
        decay = torch.exp(step[:, t, :, None] * A)
        state = decay * state + (step[:, t] * u[:, t])[..., None] * B[:, t, None, :]
        outputs.append((state * C[:, t, None, :]).sum(-1))
    return (torch.stack(outputs, dim=1) + D * u) * functional.silu(z)


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
    except Exception as error:  # whatever a broken build raises, there is another way
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""

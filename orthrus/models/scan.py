"""The selective state-space scan of Mamba-1 behind one function.

For every channel d with states n = 1…N, at time t (Gu & Dao 2023, equation 2 and algorithm 2):

    Δ  = softplus(delta_t + delta_bias)
    h  = exp(Δ A_dn) h + Δ B_tn u_t
    y  = (Σ_n C_tn h_n + D u_t) · silu(z_t)
"""

from __future__ import annotations

import torch
from torch.nn import functional


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

    Returns
    -------
    (B, L, D)
        The gated output.
    """
    return reference(u, delta, A, B, C, D, z, delta_bias)


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

"""From code bytes to the tracks an encoder reads, on whatever device the codes are."""

from __future__ import annotations

import functools

import torch

from orthrus.transcripts.codes import TRACKS


@functools.cache
def _table(n_tracks: int, device: torch.device) -> torch.Tensor:
    """Return the look-up table (256, n_tracks) float32 on `device`."""
    return torch.from_numpy(TRACKS[:, :n_tracks].copy()).to(device, torch.float32)


def tracks(codes: torch.Tensor, n_tracks: int) -> torch.Tensor:
    """Decode codes to the first `n_tracks` of: A, C, G, T, codon starts, exon ends.

    Parameters
    ----------
    codes : (B, L) uint8
        Code bytes as stored; an unknown base, and padding, is 4 and gives zeros.
    n_tracks : int
        4 or 6.

    Returns
    -------
    (B, L, n_tracks) float32
        Zeros and ones, on the device of `codes`.
    """
    return torch.nn.functional.embedding(codes.int(), _table(n_tracks, codes.device))

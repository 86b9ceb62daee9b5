"""Positions of a padded batch, for encoders that are not causal."""

from __future__ import annotations

import torch
from torch.nn import functional

SHIFT = 3


def prepared(
    tracks: torch.Tensor, lengths: torch.Tensor | None, least: int, shift: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a batch as convolutions want it: channels first, zeros past each transcript's end.

    Parameters
    ----------
    tracks : (B, L, n_tracks) float
    lengths : (B,) int64 or None
        Nucleotides per transcript; None for L each.
    least : int
        Transcripts shorter than this count as this long, with zeros.
    shift : bool
        Put 0 to 3 zeros, the same number all over the batch, before every transcript and drop as
        many positions at its end (Saluki's augmentation).

    Returns
    -------
    x : (B, n_tracks, max(L, least)) float
    lengths : (B,) int64
        At least `least`.
    """
    if lengths is None:
        lengths = tracks.new_full(tracks.shape[:1], tracks.shape[1], dtype=torch.int64)
    x = tracks.mT
    if shift:
        before = int(torch.randint(SHIFT + 1, ()))
        x = functional.pad(x, (before, -before))
    x = x * padding_mask(lengths, x.shape[2])[:, None]
    x = functional.pad(x, (0, max(0, least - x.shape[2])))
    return x, lengths.clamp(min=least)


def padding_mask(lengths: torch.Tensor, longest: int) -> torch.Tensor:
    """Tell which of `longest` positions lie before each of the `lengths`: (B, longest) bool."""
    return torch.arange(longest, device=lengths.device) < lengths[:, None]

"""The Orthrus encoder: six tracks in, one vector per nucleotide or per transcript out."""

from __future__ import annotations

import math

import torch
from torch import nn

from orthrus.config.models import EncoderSettings
from orthrus.models.mamba import Block, Mamba
from orthrus.models.tracks import tracks


class Orthrus(nn.Module):
    """A stack of Mamba-1 blocks over a linear embedding of the tracks (P2, Methods).

    Parameter names and shapes are those of the published checkpoints.

    Parameters
    ----------
    settings : EncoderSettings
        Tracks, width and number of layers.
    """

    def __init__(self, settings: EncoderSettings):
        super().__init__()
        self.settings = settings
        self.embedding = nn.Linear(settings.n_tracks, settings.width)
        self.layers = nn.ModuleList(Block(settings.width) for _ in range(settings.layers))
        self.norm_f = nn.LayerNorm(settings.width)
        self._start()

    @property
    def width(self) -> int:
        """Channels of the hidden states and of an embedding."""
        return self.settings.width

    @torch.no_grad()
    def _start(self) -> None:
        """Initialise as published: zero biases, and outputs scaled by the depth (GPT-2's rule)."""
        nn.init.zeros_(self.embedding.bias)
        for module in self.modules():
            if isinstance(module, Mamba):
                module.out_proj.weight /= math.sqrt(self.settings.layers)

    def forward(self, tracks: torch.Tensor) -> torch.Tensor:
        """Encode tracks (B, L, n_tracks) float into hidden states (B, L, width)."""
        hidden = self.embedding(tracks)
        residual = torch.zeros_like(hidden)
        for block in self.layers:
            hidden, residual = block(hidden, residual)
        normed: torch.Tensor = self.norm_f(hidden + residual)
        return normed

    def embed(self, codes: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Embed whole transcripts: the mean of the hidden states over each one's nucleotides.

        Parameters
        ----------
        codes : (B, L) uint8
            Code bytes, padded on the right with 4.
        lengths : (B,) int64
            Nucleotides per transcript, 1…L.

        Returns
        -------
        (B, width)
        """
        hidden = self(tracks(codes, self.settings.n_tracks))
        inside = torch.arange(codes.shape[1], device=codes.device) < lengths[:, None]
        return (hidden * inside[..., None]).sum(dim=1) / lengths[:, None]

"""The Orthrus encoder: a stack of Mamba-1 blocks."""

from __future__ import annotations

import math

import torch
from torch import nn

from orthrus.config.models import EncoderSettings
from orthrus.models.base import Encoder
from orthrus.models.mamba import Mamba, MambaBlock


class Orthrus(Encoder):
    """A stack of Mamba-1 blocks over a linear embedding of the tracks (paper, Methods).

    Parameter names and shapes are those of the published checkpoints. It is causal and gives one
    hidden state to every nucleotide, so padding on the right changes nothing before it.
    """

    def __init__(self, settings: EncoderSettings):
        super().__init__(settings)
        self.width = settings.width
        self.embedding = nn.Linear(settings.n_tracks, settings.width)
        self.layers = nn.ModuleList(MambaBlock(settings.width) for _ in range(settings.layers))
        self.norm_f = nn.LayerNorm(settings.width)
        self._start()

    @torch.no_grad()
    def _start(self) -> None:
        """Initialise as published: zero biases, and outputs scaled by the depth (GPT-2's rule)."""
        nn.init.zeros_(self.embedding.bias)
        for module in self.modules():
            if isinstance(module, Mamba):
                module.out_proj.weight /= math.sqrt(self.settings.layers)

    def forward(
        self,
        tracks: torch.Tensor,
        lengths: torch.Tensor | None = None,  # noqa: ARG002
    ) -> torch.Tensor:
        """Encode tracks (B, L, n_tracks) float into hidden states (B, L, width)."""
        hidden = self.embedding(tracks)
        residual = torch.zeros_like(hidden)
        for block in self.layers:
            hidden, residual = block(hidden, residual)
        normed: torch.Tensor = self.norm_f(hidden + residual)
        return normed

    def positions(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return `lengths`."""
        return lengths

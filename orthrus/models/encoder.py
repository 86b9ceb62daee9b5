"""The Orthrus encoder: a stack of Mamba-1 blocks."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from torch import nn

from orthrus.config.models import EncoderSettings
from orthrus.models import device, scan
from orthrus.models.base import Encoder
from orthrus.models.mamba import Mamba, MambaBlock


class Orthrus(Encoder):
    """A stack of Mamba-1 blocks over a linear embedding of the tracks (paper, Methods).

    Parameter names and shapes are those of the published checkpoints. It is causal and gives one
    hidden state to every nucleotide, so padding on the right changes nothing before it.
    """

    CONFIG_NAMES: ClassVar = {"width": "ssm_model_dim", "layers": "ssm_n_layers"}
    CONFIG_DEFAULTS: ClassVar = {"n_tracks": 4, "ssm_model_dim": 256, "ssm_n_layers": 3}
    has_state_per_nucleotide = True

    def __init__(self, settings: EncoderSettings):
        super().__init__(settings)
        self.width = settings.width
        self.embedding = nn.Linear(settings.n_tracks, settings.width)
        self.layers = nn.ModuleList(MambaBlock(settings.width) for _ in range(settings.layers))
        self.norm_f = nn.LayerNorm(settings.width)
        self._start()

    @classmethod
    def prepare(cls, device: str, dtype: torch.dtype) -> None:
        """Choose and tell the implementation of the scan."""
        scan.choose(device, dtype)

    @classmethod
    def least_weights(cls, settings: EncoderSettings) -> int:
        """Count the two largest matrices of each block."""
        return 6 * settings.width**2 * settings.layers

    def layers_in_words(self) -> str:
        """Return the number of blocks."""
        return str(self.settings.layers)

    def implementation(self) -> str:
        """Say which implementation of the scan computes it here, and why."""
        where = device.choose("auto", "device").type
        backend, reason = scan.decide(where, next(self.parameters()).dtype)
        return f"{backend} on {where} ({reason})"

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

"""The head between embeddings and the contrastive loss; training alone uses it."""

from __future__ import annotations

import torch
from torch import nn


class Projector(nn.Sequential):
    """Three-layer projection (paper, Methods): width → 512 → 512 → 128, with batch norm and ReLU.

    Reads pooled embeddings (B, width), returns (B, 128), not normalised.
    """

    hidden = 512
    out = 128

    def __init__(self, width: int):
        super().__init__(
            nn.Linear(width, self.hidden),
            nn.BatchNorm1d(self.hidden),
            nn.ReLU(),
            nn.Linear(self.hidden, self.hidden),
            nn.BatchNorm1d(self.hidden),
            nn.ReLU(),
            nn.Linear(self.hidden, self.out, bias=False),
        )

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Project embeddings (B, width) to (B, 128)."""
        projected: torch.Tensor = super().forward(embeddings)
        return projected

"""The head that predicts masked nucleotides from hidden states."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class MLMHead(nn.Module):
    """Three-layer head (paper, Methods): width → body → body → 4, batch norm and ReLU between.

    Parameter names below `sequence_head.` are those of the published weights.

    Parameters
    ----------
    width : int
        Channels of the hidden states.
    body : int
        Channels of the two layers between.
    """

    out = 4

    def __init__(self, width: int, body: int = 512):
        super().__init__()
        self.fc1 = nn.Linear(width, body)
        self.norm1 = nn.BatchNorm1d(body)
        self.fc2 = nn.Linear(body, body)
        self.norm2 = nn.BatchNorm1d(body)
        self.fc3 = nn.Linear(body, self.out, bias=False)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Turn hidden states (…, width) into logits (…, 4) of A, C, G, T.

        In training, batch statistics are over all positions given: those of a whole batch, padding
        included, as published, or only the ones that the loss is about.
        """
        flat = hidden.reshape(-1, hidden.shape[-1])
        flat = functional.relu(self.norm1(self.fc1(flat)))
        flat = functional.relu(self.norm2(self.fc2(flat)))
        logits: torch.Tensor = self.fc3(flat)
        return logits.view(*hidden.shape[:-1], self.out)


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

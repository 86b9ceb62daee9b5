"""A Saluki-like encoder: convolutions that each halve the length, and a GRU from the 3' end."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from orthrus.config.models import EncoderSettings
from orthrus.models.base import Encoder
from orthrus.models.padding import prepared

FILTERS = {"small": 64, "medium": 512}
BLOCKS = 6
KERNEL = 5
DROPOUT = 0.3
NORM_EPS, BATCH_EPS = 0.007, 0.001
LEAST = 320  # of which one position is left


class Convolution(nn.Module):
    """Layer norm of each position, ReLU, a convolution without padding, and a halving."""

    def __init__(self, filters: int):
        super().__init__()
        self.norm = nn.LayerNorm(filters, eps=NORM_EPS)
        self.conv = nn.Conv1d(filters, filters, KERNEL)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, filters, L) to (B, filters, (L - 4) // 2)."""
        x = self.conv(functional.relu(self.norm(x.mT)).mT)
        return functional.max_pool1d(self.dropout(x), 2)


class Saluki(Encoder):
    """The architecture of Saluki (Agarwal & Kelley 2022) up to its last layer.

    A hidden state stands for 64 nt and sees 320. Convolutions without padding see only nucleotides
    before the end of a transcript, and the GRU begins at its last hidden state, so padding changes
    nothing. Transcripts shorter than 320 nt count as 320, with zeros behind.
    """

    ends_in_hidden_layer = True

    def __init__(self, settings: EncoderSettings):
        super().__init__(settings)
        self.width = filters = FILTERS[settings.size]
        self.stem = nn.Conv1d(settings.n_tracks, filters, KERNEL, bias=False)
        self.convolutions = nn.Sequential(*(Convolution(filters) for _ in range(BLOCKS)))
        self.norm = nn.LayerNorm(filters, eps=NORM_EPS)
        self.gru = nn.GRU(filters, filters, batch_first=True)
        self.head = nn.Sequential(
            nn.BatchNorm1d(filters, eps=BATCH_EPS),
            nn.ReLU(),
            nn.Linear(filters, filters),
            nn.Dropout(DROPOUT),
            nn.BatchNorm1d(filters, eps=BATCH_EPS),
            nn.ReLU(),
        )
        self.apply(_start)

    def forward(self, tracks: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Encode tracks (B, L, n_tracks) float into hidden states (B, L', width)."""
        x, _ = prepared(tracks, lengths, LEAST, shift=self.training)
        return functional.relu(self.norm(self.convolutions(self.stem(x)).mT))

    def positions(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return one position per 64 nt, about."""
        count = lengths.clamp(min=LEAST) - (KERNEL - 1)
        for _ in range(BLOCKS):
            count = (count - (KERNEL - 1)) // 2
        return count

    def pool(self, hidden: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Pool hidden states (B, L', width) into (B, width): the GRU's state at the 5' end."""
        last = self.positions(lengths) - 1
        steps = torch.arange(hidden.shape[1], device=hidden.device)
        backwards = (last[:, None] - steps).clamp(min=0)
        rows = torch.arange(len(hidden), device=hidden.device)
        states, _ = self.gru(hidden[rows[:, None], backwards])
        pooled: torch.Tensor = self.head(states[rows, last])
        return pooled


def _start(module: nn.Module) -> None:
    """Initialise convolutions and the linear layer with He's normal distribution, zero biases."""
    if isinstance(module, nn.Conv1d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)

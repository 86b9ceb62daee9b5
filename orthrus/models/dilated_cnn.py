"""A residual dilated CNN, the convolutional baseline of the two papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import nn
from torch.nn import functional

from orthrus.config.models import EncoderSettings
from orthrus.models.base import Encoder
from orthrus.models.padding import padding_mask, prepared

DILATIONS = (1, 2, 4, 8)
DROPOUT = 0.3
LEAST = 2 ** (1 + len(DILATIONS))  # every pooling halves the length


@dataclass(frozen=True)
class Size:
    """Filters and residual blocks of each of the four stages, and the kernel's width."""

    filters: tuple[int, int, int, int]
    blocks: tuple[int, int, int, int]
    kernel: int


SIZES = {
    "small": Size((64, 128, 128, 256), (2, 2, 2, 2), 2),
    "medium": Size((64, 128, 256, 512), (3, 4, 6, 3), 4),
}


class Same(nn.Conv1d):
    """A convolution that keeps the length; where its zeros are odd, the right end has one more."""

    def __init__(self, before: int, filters: int, kernel: int, dilation: int = 1):
        zeros = dilation * (kernel - 1)
        super().__init__(before, filters, kernel, padding=zeros // 2, dilation=dilation)
        self.extra = zeros % 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, before, L) to (B, filters, L)."""
        return super().forward(functional.pad(x, (0, self.extra)) if self.extra else x)


class MaskedNorm(nn.BatchNorm1d):
    """Batch norm over the positions of transcripts alone; padding becomes 0."""

    def forward(self, x: torch.Tensor, real: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """Normalise x (B, C, L) at the positions that are `real` (B, L) bool."""
        if not self.training:
            return super().forward(x) * real[:, None]
        positions = x.mT
        normed = super().forward(positions[real])
        return torch.zeros_like(positions, dtype=normed.dtype).index_put((real,), normed).mT


class Residual(nn.Module):
    """Two dilated convolutions beside a shortcut."""

    def __init__(self, before: int, filters: int, kernel: int, dilation: int, dropout: float):
        super().__init__()
        self.conv1 = Same(before, filters, kernel, dilation)
        self.norm1 = MaskedNorm(filters)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = Same(filters, filters, kernel, dilation)
        self.norm2 = MaskedNorm(filters)
        self.shortcut: nn.Module | None = None
        if before != filters:
            self.shortcut = nn.Conv1d(before, filters, 1)
            self.shortcut_norm = MaskedNorm(filters)

    def forward(self, x: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Map (B, before, L) to (B, filters, L); positions that are not `real` (B, L) stay 0."""
        y = functional.relu(self.norm1(functional.relu(self.conv1(x)), real))
        y = self.norm2(functional.relu(self.conv2(self.dropout(y))), real)
        if self.shortcut is not None:
            x = self.shortcut_norm(self.shortcut(x), real)
        return functional.relu(x + y)


class DilatedCNN(Encoder):
    """Four stages of residual blocks; every stage, and the stem, halves the length.

    One hidden state stands for 32 nt; a transcript's last `length % 32` nt reach it only through
    the convolutions. Transcripts shorter than 32 nt count as 32. Padding is set to 0 behind every
    convolution and left out of batch statistics, so that it changes nothing in training either.
    """

    def __init__(self, settings: EncoderSettings):
        super().__init__(settings)
        size = SIZES[settings.size]
        self.width = size.filters[-1]
        self.stem = Same(settings.n_tracks, size.filters[0], size.kernel)
        self.norm = MaskedNorm(size.filters[0])
        self.stages = nn.ModuleList()
        before = size.filters[0]
        for filters, blocks, dilation in zip(size.filters, size.blocks, DILATIONS, strict=True):
            dropout = 0.0 if dilation == DILATIONS[-1] else DROPOUT
            stage = nn.ModuleList()
            for _ in range(blocks):
                stage.append(Residual(before, filters, size.kernel, dilation, dropout))
                before = filters
            self.stages.append(stage)

    def forward(self, tracks: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Encode tracks (B, L, n_tracks) float into hidden states (B, L', width)."""
        x, lengths = prepared(tracks, lengths, LEAST, shift=self.training)
        x = functional.relu(self.norm(self.stem(x), padding_mask(lengths, x.shape[2])))
        x, lengths, real = _halved(x, lengths)
        for stage in self.stages:
            for block in cast(nn.ModuleList, stage):
                x = block(x, real)
            x, lengths, real = _halved(x, lengths)
        return x.mT

    def positions(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return one position per 32 nt."""
        return lengths.clamp(min=LEAST) // LEAST


def _halved(
    x: torch.Tensor, lengths: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Take the larger of every two positions; return them, their lengths and which are real."""
    x, lengths = functional.max_pool1d(x, 2), lengths // 2
    real = padding_mask(lengths, x.shape[2])
    return x * real[:, None], lengths, real

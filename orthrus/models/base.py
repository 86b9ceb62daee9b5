"""What all encoders share: codes in, hidden states and one vector per transcript out."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import nn

from orthrus.config.models import EncoderSettings
from orthrus.models.padding import padding_mask
from orthrus.models.tracks import tracks


class Encoder(nn.Module, ABC):
    """An encoder of batches of transcripts, padded on the right.

    Padding changes no hidden state of a transcript and no pooled vector, whatever the kind. Where
    an architecture gives one hidden state to several nucleotides, L' is less than L.

    Parameters
    ----------
    settings : EncoderSettings
        Kind, tracks and sizes.

    Attributes
    ----------
    width : int
        Channels of a pooled vector.
    """

    width: int

    def __init__(self, settings: EncoderSettings):
        super().__init__()
        self.settings = settings

    @abstractmethod
    def forward(self, tracks: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Encode tracks (B, L, n_tracks) float into hidden states (B, L', H).

        `lengths` (B,), nt; without it all positions count. Past `positions(lengths)` the hidden
        states mean nothing.
        """

    @abstractmethod
    def positions(self, lengths: torch.Tensor) -> torch.Tensor:
        """Return the number of hidden states, at least 1, of transcripts of `lengths` (B,) nt."""

    def encode(self, codes: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Encode codes (B, L) uint8 into hidden states (B, L', H); see `embed`."""
        hidden: torch.Tensor = self(tracks(codes, self.settings.n_tracks), lengths)
        return hidden

    def pool(self, hidden: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Pool hidden states (B, L', H) of transcripts of `lengths` nt into (B, width).

        The mean over each transcript's own hidden states.
        """
        count = self.positions(lengths)
        real = padding_mask(count, hidden.shape[1])
        return (hidden * real[..., None]).sum(dim=1) / count[:, None]

    def embed(self, codes: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Embed whole transcripts.

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
        return self.pool(self.encode(codes, lengths), lengths)

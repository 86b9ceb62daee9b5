"""What all encoders share: codes in, hidden states and one vector per transcript out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import nn

from orthrus.config.models import EncoderSettings, encoder_sizes
from orthrus.config.settings_model import SettingsModel, parse
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
    options : SettingsModel
        `settings.options`, checked by `Options`.

    Class attributes
    ----------------
    Options : type
        Settings that only this kind has; the kinds of this package have none.
    CONFIG_NAMES, CONFIG_DEFAULTS : mapping
        What `config.json` calls a setting, where it has another name there, and what it means by
        leaving one out, by the name there.
    has_state_per_nucleotide : bool
        `positions(lengths)` is `lengths`; masked modelling needs it.
    ends_in_hidden_layer : bool
        The pooled vector is the output of a hidden layer of a head, so that a model trained on
        labels adds the last layer only.
    """

    Options: ClassVar[type[SettingsModel]] = SettingsModel
    CONFIG_NAMES: ClassVar[Mapping[str, str]] = {}
    CONFIG_DEFAULTS: ClassVar[Mapping[str, Any]] = {}
    has_state_per_nucleotide: ClassVar[bool] = False
    ends_in_hidden_layer: ClassVar[bool] = False
    width: int

    def __init__(self, settings: EncoderSettings):
        super().__init__()
        self.settings = settings
        self.options = parse(self.Options, settings.options, "encoder.options")

    @classmethod
    def prepare(cls, device: str, dtype: torch.dtype) -> None:
        """Choose and tell what will compute it on a type of device, before hours of other work."""

    @classmethod
    def least_weights(cls, settings: EncoderSettings) -> int:  # noqa: ARG003
        """Return how many weights such an encoder has at least, without making it."""
        return 0

    def parameter_groups(self, lr: float, weight_decay: float) -> list[dict[str, Any]]:
        """Return the parameter groups of an optimiser: of itself one, of all parameters."""
        return [{"params": list(self.parameters()), "lr": lr, "weight_decay": weight_decay}]

    def layers_in_words(self) -> str:
        """Say how deep or large it is."""
        return ", ".join(encoder_sizes(self.settings.model_dump()))

    def implementation(self) -> str:
        """Say what computes it here."""
        return "torch; this kind has no scan"

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

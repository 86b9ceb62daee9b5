"""Encoders by the name of their kind."""

from __future__ import annotations

from orthrus.config.models import EncoderSettings
from orthrus.models.base import Encoder
from orthrus.models.dilated_cnn import DilatedCNN
from orthrus.models.encoder import Orthrus
from orthrus.models.saluki import Saluki

KINDS: dict[str, type[Encoder]] = {"mamba": Orthrus, "dilated_cnn": DilatedCNN, "saluki": Saluki}


def make(settings: EncoderSettings) -> Encoder:
    """Return a new encoder, its weights drawn from torch's random numbers."""
    return KINDS[settings.kind](settings)

"""Encoders by the name of their kind."""

from __future__ import annotations

from orthrus.config.models import EncoderSettings, encoder_kind
from orthrus.errors import OrthrusError
from orthrus.models.base import Encoder


def find(name: str) -> type[Encoder]:
    """Return the class of a kind of encoder, of this package or of another one.

    Raises
    ------
    OrthrusError
        No kind has this name, its class cannot be imported, or it is no encoder.
    """
    try:
        kind = encoder_kind(name)
    except ValueError as error:
        raise OrthrusError(str(error)) from None
    found = kind.load()
    if not issubclass(found, Encoder):
        raise OrthrusError(
            f"encoder {name}: {kind.place} is no subclass of {Encoder.__module__}.Encoder"
        )
    return found


def make(settings: EncoderSettings) -> Encoder:
    """Return a new encoder, its weights drawn from torch's random numbers."""
    return find(settings.kind)(settings)

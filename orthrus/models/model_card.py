"""What a model is, in a few lines."""

from __future__ import annotations

from typing import Any

from orthrus.models.checkpoint import Checkpoint, digest


def card(model: Checkpoint) -> dict[str, str]:
    """Describe a model: what its files hold, and what would run it here."""
    encoder, settings = model.encoder, model.encoder.settings
    heads = {"mlm": model.mlm_head, "projection": model.projector}
    return {
        "file": str(model.path),
        "layout": model.layout,
        "kind": settings.kind,
        "tracks": str(settings.n_tracks),
        "width": str(encoder.width),
        "layers": encoder.layers_in_words(),
        "parameters": f"{_parameters(model):,}",
        "heads": ", ".join(name for name, head in heads.items() if head) or "none",
        "dtype": str(model.dtype).removeprefix("torch."),
        "digest": digest(encoder),
        "scan": encoder.implementation(),
    }


def summary(model: Checkpoint) -> dict[str, Any]:
    """Say what was read, with the keys of a trained model's summary where both have them."""
    return {
        "settings": {"encoder": model.encoder.settings.model_dump(mode="json")},
        "encoder_parameters": _parameters(model),
        "weights": {
            "file": model.path.name,
            "layout": model.layout,
            "digest": digest(model.encoder),
        },
    }


def _parameters(model: Checkpoint) -> int:
    return sum(value.numel() for value in model.encoder.parameters())

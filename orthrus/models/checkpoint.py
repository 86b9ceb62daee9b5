"""Encoders on disk: safetensors weights beside a config.json with the published keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialised

from orthrus.config.base import parse
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, open_existing, read_json, write_json
from orthrus.models.encoder import Orthrus

WEIGHTS, CONFIG = "model.safetensors", "config.json"
MODEL_TYPE = "orthrus"
KEYS = {"n_tracks": "n_tracks", "ssm_model_dim": "width", "ssm_n_layers": "layers"}


def save(encoder: Orthrus, folder: str | Path) -> None:
    """Write `model.safetensors` and `config.json` into `folder`, made when missing."""
    folder = Path(folder)
    settings = encoder.settings
    config = {published: getattr(settings, ours) for published, ours in KEYS.items()}
    write_json({"model_type": MODEL_TYPE, "has_mlm_head": False, **config}, folder / CONFIG)
    weights = {name: tensor.contiguous().cpu() for name, tensor in encoder.state_dict().items()}
    with atomic_file(folder / WEIGHTS) as scratch:
        # Not save_file, whose files only their owner may read.
        scratch.write_bytes(serialised(weights, metadata={"format": "pt"}))


def load(folder: str | Path) -> Orthrus:
    """Read an encoder from the folder `save` wrote; it comes in eval mode, on the CPU.

    Raises
    ------
    OrthrusError
        A file is missing or malformed, or the weights do not fit the configuration.
    """
    folder = Path(folder)
    # Not on the meta device, on which the first operation imports all of torch's compiler.
    with torch.random.fork_rng(devices=[]):
        encoder = Orthrus(_settings(folder / CONFIG))
    weights = _weights(folder / WEIGHTS)
    _check(weights, encoder.state_dict(), folder / WEIGHTS)
    encoder.load_state_dict(weights, assign=True)
    return encoder.eval()


def _settings(path: Path) -> EncoderSettings:
    """Read the encoder's settings from a published config.json."""
    config: Any = read_json(path)
    if not isinstance(config, dict) or config.get("model_type") != MODEL_TYPE:
        raise OrthrusError(f"{path}: model_type is not {MODEL_TYPE!r}; give the folder of a model")
    if missing := sorted(KEYS.keys() - config.keys()):
        raise OrthrusError(f"{path}: lacks {', '.join(missing)}; give the folder of a model")
    return parse(EncoderSettings, {ours: config[key] for key, ours in KEYS.items()}, str(path))


def _weights(path: Path) -> dict[str, torch.Tensor]:
    """Read a safetensors file."""
    open_existing(path).close()
    try:
        weights: dict[str, torch.Tensor] = load_file(path)
    except SafetensorError as error:
        raise OrthrusError(f"{path}: is not a safetensors file ({error}); copy it again") from None
    return weights


def _check(weights: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], path: Path) -> None:
    """Compare names and shapes of weights with what the configuration asks for."""
    for name in sorted(weights.keys() | expected.keys()):
        if name not in weights:
            raise OrthrusError(f"{path}: lacks {name}, which {CONFIG} beside it asks for")
        if name not in expected:
            raise OrthrusError(f"{path}: holds {name}, which {CONFIG} beside it has no place for")
        found, wanted = tuple(weights[name].shape), tuple(expected[name].shape)
        if found != wanted:
            raise OrthrusError(f"{path}: {name} is {found}, but {CONFIG} beside it asks {wanted}")

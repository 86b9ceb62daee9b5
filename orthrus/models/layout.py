"""Weights and their configuration as published: three layouts, read to the same names.

- a folder of Hugging Face: `model.safetensors` or `pytorch_model.bin`, and `config.json`;
- a Lightning checkpoint, the encoder's names prefixed with `model.`, and `model_config.json`.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from orthrus.config.base import parse
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.files import open_existing, read_json

Weights = dict[str, torch.Tensor]

SAFETENSORS, BIN, CONFIG = "model.safetensors", "pytorch_model.bin", "config.json"
LIGHTNING_CONFIG, DATA_CONFIG = "model_config.json", "data_config.json"
MODEL_TYPE = "orthrus"
KEYS = {"n_tracks": "n_tracks", "ssm_model_dim": "width", "ssm_n_layers": "layers"}
DEFAULTS = {"n_tracks": 4, "ssm_model_dim": 256, "ssm_n_layers": 3}
"""Of the published configuration class: what a config.json without a key means."""
BODY = 512

PREFIX = "model."
MLM = "sequence_head."
PROJECTORS = ("projection_head.layers.", "contrastive_projection_head.layers.")


@dataclass(frozen=True)
class Stored:
    """A model as its files hold it.

    Attributes
    ----------
    layout
        What kind of files these are, in words.
    path, config
        The files of the weights and of the configuration.
    settings
        The encoder.
    mlm_body
        Channels within the MLM head; None where the configuration says there is none.
    weights
        By published name, without the prefix of Lightning checkpoints.
    """

    layout: str
    path: Path
    config: Path
    settings: EncoderSettings
    mlm_body: int | None
    weights: Weights

    def part(self, *prefixes: str) -> Weights:
        """Return the weights whose names begin with one of `prefixes`, without it."""
        return {
            name.removeprefix(prefix): value
            for prefix in prefixes
            for name, value in self.weights.items()
            if name.startswith(prefix)
        }


def read(place: Path) -> Stored:
    """Read a model from its folder, or from the file of its weights.

    Raises
    ------
    OrthrusError
        A file is missing or malformed, or the configuration is not an encoder's.
    """
    path = place if place.is_file() else _weights_in(place)
    if path.suffix == ".ckpt":
        layout, weights = "Lightning checkpoint", _unprefixed(_pickled(path, "state_dict"))
        config = path.with_name(LIGHTNING_CONFIG)
        settings, body = _lightning(config, weights)
    else:
        safe = path.suffix == ".safetensors"
        layout = f"Hugging Face folder ({path.name})"
        weights = _unprefixed(_safetensors(path) if safe else _pickled(path))
        config = path.with_name(CONFIG)
        settings, body = _hugging_face(config, weights)
    return Stored(layout, path, config, settings, body, weights)


def _weights_in(folder: Path) -> Path:
    """Return the file of the weights in a model's folder."""
    for name in (SAFETENSORS, BIN):
        if (folder / name).exists():
            return folder / name
    found = sorted(folder.glob("*.ckpt"))
    if len(found) == 1:
        return found[0]
    if found:
        raise OrthrusError(f"{folder}: holds {len(found)} checkpoints; name one: {found[-1]}")
    raise OrthrusError(
        f"{folder / SAFETENSORS}: cannot be read: the folder holds neither it nor {BIN} nor a "
        ".ckpt file; give the folder of a model"
    )


def _safetensors(path: Path) -> Weights:
    open_existing(path).close()
    try:
        weights: Weights = load_file(path)
    except SafetensorError as error:
        raise OrthrusError(f"{path}: is not a safetensors file ({error}); copy it again") from None
    return weights


def _pickled(path: Path, *keys: str) -> Weights:
    """Read tensors that torch saved, running no code that the file may hold."""
    open_existing(path).close()
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
        for key in keys:
            content = content[key]
    except pickle.UnpicklingError as error:
        reason = str(error).splitlines()[0]
        raise OrthrusError(
            f"{path}: holds more than tensors and plain values, or is damaged ({reason}); "
            "save its state_dict alone"
        ) from None
    except (RuntimeError, EOFError, KeyError, TypeError) as error:
        raise OrthrusError(f"{path}: is not a file of weights ({error!r}); copy it again") from None
    if not isinstance(content, dict) or not all(map(torch.is_tensor, content.values())):
        raise OrthrusError(f"{path}: is not a file of weights; give one of named tensors")
    return content


def _unprefixed(weights: Weights) -> Weights:
    return {name.removeprefix(PREFIX): value for name, value in weights.items()}


def _object(path: Path) -> dict[str, Any]:
    config = read_json(path)
    if not isinstance(config, dict):
        raise OrthrusError(f"{path}: is not a configuration; give the folder of a model")
    return config


def _hugging_face(path: Path, weights: Weights) -> tuple[EncoderSettings, int | None]:
    """Read settings and the MLM head's width from a config.json, old or new, or one of ours."""
    config = _object(path)
    model_type = config.get("model_type")
    kind = str(model_type).removeprefix(f"{MODEL_TYPE}_")
    if model_type == MODEL_TYPE:
        values = {ours: config.get(key, DEFAULTS[key]) for key, ours in KEYS.items()}
    elif kind != model_type:
        values = {"kind": kind} | {key: config.get(key) for key in ("n_tracks", "size")}
    else:
        raise OrthrusError(f"{path}: model_type is not {MODEL_TYPE!r}; give the folder of a model")
    if not config.get("has_mlm_head", _has_mlm(weights)):
        return parse(EncoderSettings, values, str(path)), None
    for key, known in (("mlm_head_dim", 4), ("mlm_head_norm_type", "batchnorm")):
        if (found := config.get(key, known)) != known:
            raise OrthrusError(f"{path}: {key} is {found!r}; only {known!r} is known")
    return parse(EncoderSettings, values, str(path)), config.get("mlm_head_body", BODY)


def _lightning(path: Path, weights: Weights) -> tuple[EncoderSettings, int | None]:
    """Read settings from the model_config.json beside a checkpoint."""
    config = _object(path)
    if (model := config.get("model_class", "ssm")) != "ssm":
        raise OrthrusError(f"{path}: model_class is {model!r}; only 'ssm' can be read")
    if "n_tracks" not in config and path.with_name(DATA_CONFIG).exists():
        config = _object(path.with_name(DATA_CONFIG)) | config
    if missing := sorted(KEYS.keys() - config.keys()):
        raise OrthrusError(f"{path}: lacks {', '.join(missing)}; give the folder of a model")
    values = {ours: config[key] for key, ours in KEYS.items()}
    return parse(EncoderSettings, values, str(path)), BODY if _has_mlm(weights) else None


def _has_mlm(weights: Weights) -> bool:
    return any(name.startswith(MLM) for name in weights)

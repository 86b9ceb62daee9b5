"""Weights and their configuration as published: three layouts, read to the same names.

- a folder of Hugging Face: `model.safetensors` or `pytorch_model.bin`, whole or as shards with
  their index, and `config.json`;
- a Lightning checkpoint, the encoder's names prefixed with `model.`, and `model_config.json`.
"""

from __future__ import annotations

import re
import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthrus.config.models import EncoderSettings, encoder_kind
from orthrus.config.settings_model import parse
from orthrus.errors import OrthrusError, at_fault
from orthrus.files import read_json
from orthrus.models import tensor_files
from orthrus.models.registry import find
from orthrus.models.tensor_files import Weights

INDEX = ".index.json"
SAFETENSORS, BIN, CONFIG = "model.safetensors", "pytorch_model.bin", "config.json"
LIGHTNING_CONFIG, DATA_CONFIG = "model_config.json", "data_config.json"
MODEL_TYPE = "orthrus"
PUBLISHED_KIND = EncoderSettings().kind
"""The kind that published files are of, whose `model_type` is `orthrus` alone."""
BODY, WIDEST_BODY = 512, 8192

PREFIX = "model."
WRAPPERS = re.compile(r"^(?:(?:module|backbone|model|encoder|_orig_mod|_forward_module)\.)+")
"""What data-parallel, compiled and other modules around an encoder put before its names."""
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
        By published name.
    prefixes
        What stood before published names and is not of the layout.
    """

    layout: str
    path: Path
    config: Path
    settings: EncoderSettings
    mlm_body: int | None
    weights: Weights
    prefixes: tuple[str, ...]

    def part(self, *prefixes: str) -> Weights:
        """Return the weights whose names begin with one of `prefixes`, without it."""
        return {
            name.removeprefix(prefix): value
            for prefix in prefixes
            for name, value in self.weights.items()
            if name.startswith(prefix)
        }


def model_type(kind: str) -> str:
    """Return what `config.json` calls a kind of encoder."""
    return MODEL_TYPE if kind == PUBLISHED_KIND else f"{MODEL_TYPE}_{kind}"


def config_keys(kind: str) -> dict[str, str]:
    """Return the settings that `config.json` holds, by the names that they have there."""
    names = find(kind).CONFIG_NAMES
    return {names.get(key, key): key for key in ("n_tracks", *encoder_kind(kind).keys)}


def read_weights(place: Path) -> Stored:
    """Read a model from its folder, or from the file of its weights.

    Raises
    ------
    OrthrusError
        A file is missing or malformed, or the configuration is not an encoder's.
    """
    path = _linked(place) if place.is_file() else _weights_in(place)
    found, wrapped = tensor_files.read_tensors(path)
    names = {name: _bare(name) for name in found}
    _refuse_twins(names, path)
    weights = {names[name]: value for name, value in found.items()}
    prefixes = {name.removesuffix(bare) for name, bare in names.items()} - {""}
    config = path.with_name(CONFIG)
    lightning = path.suffix == ".ckpt" or (wrapped and not config.exists())
    if lightning:
        layout, config = "Lightning checkpoint", path.with_name(LIGHTNING_CONFIG)
        settings, body = _lightning(config, weights)
        prefixes -= {PREFIX}
    else:
        layout = f"Hugging Face folder ({path.name})"
        settings, body = _hugging_face(config, weights)
    return Stored(layout, path, config, settings, body, weights, tuple(sorted(prefixes)))


def _weights_in(folder: Path) -> Path:
    """Return the file of the weights, or the index of their shards, in a model's folder."""
    for name in (SAFETENSORS, f"{SAFETENSORS}{INDEX}", BIN, f"{BIN}{INDEX}"):
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


def _linked(path: Path) -> Path:
    """Return the name that a blob of a Hugging Face cache has beside its configuration.

    Blobs lie under their digest in one folder; snapshots hold links to them, by name.
    """
    if path.suffix or path.with_name(CONFIG).exists() or path.parent.name != "blobs":
        return path
    links = path.parent.parent.glob("snapshots/**/*")
    named = sorted(link for link in links if link.is_symlink() and link.resolve() == path.resolve())
    return named[-1] if named else path


def _bare(name: str) -> str:
    """Return the name of a weight without what wrappers of modules put before it."""
    return WRAPPERS.sub("", name)


def _refuse_twins(names: dict[str, str], path: Path) -> None:
    """Raise an OrthrusError where two weights have one name once their prefixes are gone."""
    first: dict[str, str] = {}
    for name, bare in names.items():
        if bare in first:
            raise OrthrusError(
                f"{path}: holds both {first[bare]} and {name}; save the weights of one model alone"
            )
        first[bare] = name


def _object(path: Path) -> dict[str, Any]:
    config = read_json(path)
    if not isinstance(config, dict):
        raise OrthrusError(f"{path}: is not a configuration; give the folder of a model")
    return config


def _hugging_face(path: Path, weights: Weights) -> tuple[EncoderSettings, int | None]:
    """Read settings and the MLM head's width from a config.json, old or new, or one of ours."""
    config = _object(path)
    words = str(config.get("model_type"))
    kind = PUBLISHED_KIND if words == MODEL_TYPE else words.removeprefix(f"{MODEL_TYPE}_")
    if kind == words:
        raise OrthrusError(f"{path}: model_type is not {MODEL_TYPE!r}; give the folder of a model")
    with at_fault(path):
        keys, defaults = config_keys(kind), find(kind).CONFIG_DEFAULTS
    values = {ours: config.get(key, defaults.get(key)) for key, ours in keys.items()}
    values["kind"] = kind
    if not config.get("has_mlm_head", _has_mlm(weights)):
        return parse(EncoderSettings, values, str(path)), None
    for key, known in (("mlm_head_dim", 4), ("mlm_head_norm_type", "batchnorm")):
        if (found := config.get(key, known)) != known:
            raise OrthrusError(f"{path}: {key} is {found!r}; only {known!r} is known")
    return parse(EncoderSettings, values, str(path)), _body(config, path)


def _body(config: dict[str, Any], path: Path) -> int:
    """Return the channels within the MLM head; OrthrusError where they are no sensible number."""
    body = config.get("mlm_head_body", BODY)
    if type(body) is not int or not 1 <= body <= WIDEST_BODY:
        raise OrthrusError(
            f"{path}: mlm_head_body is {reprlib.repr(body)}; it must be a whole number from 1 to "
            f"{WIDEST_BODY}"
        )
    return body


def _lightning(path: Path, weights: Weights) -> tuple[EncoderSettings, int | None]:
    """Read settings from the model_config.json beside a checkpoint."""
    config = _object(path)
    if (model := config.get("model_class", "ssm")) != "ssm":
        raise OrthrusError(f"{path}: model_class is {model!r}; only 'ssm' can be read")
    if "n_tracks" not in config and path.with_name(DATA_CONFIG).exists():
        config = _object(path.with_name(DATA_CONFIG)) | config
    keys = config_keys(PUBLISHED_KIND)
    if missing := sorted(keys.keys() - config.keys()):
        raise OrthrusError(f"{path}: lacks {', '.join(missing)}; give the folder of a model")
    values = {ours: config[key] for key, ours in keys.items()}
    return parse(EncoderSettings, values, str(path)), BODY if _has_mlm(weights) else None


def _has_mlm(weights: Weights) -> bool:
    return any(name.startswith(MLM) for name in weights)

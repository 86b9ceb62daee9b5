"""Encoders and their heads on disk: safetensors weights beside a config.json, as published."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as serialised
from torch import nn

from orthrus import embedded_digests
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, write_json
from orthrus.log import say
from orthrus.models import checkpoint_formats
from orthrus.models.base import Encoder
from orthrus.models.checkpoint_formats import (
    CONFIG,
    MLM,
    PROJECTORS,
    Stored,
    Weights,
    config_keys,
    model_type,
)
from orthrus.models.heads import MLMHead, Projector
from orthrus.models.hub import locate
from orthrus.models.registry import find, make

WEIGHTS = checkpoint_formats.SAFETENSORS
RESOURCES = "resources"
ABSURD = 16
"""How many times more weights than there are a configuration may ask for to be tried at all."""
PUBLISHED_PLACES = ("0", "1", "3", "4", "6")
"""Of the published projection head's layers in ours, where ReLUs are counted too."""
DROPPED = ("splice_head.", "codon_head.", "splice_self_head.", "ortho_head.", "n_averaged")
"""Heads of published trainings that nothing here uses, and torch's count of averaged weights."""


@dataclass(frozen=True)
class Checkpoint:
    """What was read from files: modules in eval mode, on the CPU, float32.

    `layout` says what the files are; `dtype` is that of their weights.
    """

    encoder: Encoder
    mlm_head: MLMHead | None
    projector: Projector | None
    path: Path
    layout: str
    dtype: torch.dtype


def save(encoder: Encoder, folder: str | Path, mlm_head: MLMHead | None = None) -> None:
    """Write `model.safetensors` and `config.json` into `folder`, made when missing."""
    folder = Path(folder)
    write_json(_config(encoder, mlm_head), folder / CONFIG)
    weights = dict(encoder.state_dict())
    if mlm_head is not None:
        weights |= mlm_head.state_dict(prefix=MLM)
    stored = {name: tensor.contiguous().cpu() for name, tensor in weights.items()}
    with atomic_file(folder / WEIGHTS) as scratch:
        # Not save_file, whose files only their owner may read.
        content = serialised(stored, metadata={"format": "pt"})
        scratch.write_bytes(embedded_digests.seal_safetensors(content))


def _config(encoder: Encoder, mlm_head: MLMHead | None) -> dict[str, Any]:
    """Return what config.json says."""
    settings = encoder.settings
    keys = config_keys(settings.kind)
    config = {published: getattr(settings, ours) for published, ours in keys.items()}
    config |= {"model_type": model_type(settings.kind)}
    if mlm_head is None:
        return config | {"has_mlm_head": False}
    return config | {
        "has_mlm_head": True,
        "mlm_head_body": mlm_head.fc1.out_features,
        "mlm_head_dim": mlm_head.out,
        "mlm_head_norm_type": "batchnorm",
    }


def load_model(
    place: str | os.PathLike[str], resources: str | os.PathLike[str] = RESOURCES
) -> Encoder:
    """Read the encoder of a model in any published layout.

    Parameters
    ----------
    place
        A folder with `config.json` and its weights, a Lightning checkpoint, a file of weights, or
        the id of a repository whose files were fetched.
    resources
        Where fetched files lie.

    Returns
    -------
    Encoder
        A torch module in eval mode, on the CPU, float32. `embed(codes, lengths)` takes (B, L) uint8
        and (B,) int64 (nt), and returns (B, width).

    Raises
    ------
    OrthrusError
        A file is missing or malformed, or the weights do not fit the configuration.

    Examples
    --------
    >>> import tempfile
    >>> from orthrus.config.models import EncoderSettings
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(make(EncoderSettings(width=16, layers=1)), folder)
    ...     encoder = load_model(folder)
    >>> encoder.width
    16
    """
    return read_checkpoint(place, resources).encoder


def read_checkpoint(
    place: str | os.PathLike[str], resources: str | os.PathLike[str] = RESOURCES
) -> Checkpoint:
    """Read a model in any published layout.

    Parameters
    ----------
    place
        A folder with `config.json` and `model.safetensors` or `pytorch_model.bin`, whole or as
        shards; a Lightning checkpoint, or the folder with it and `model_config.json`; a file of
        weights; or the id of a repository whose files were fetched.
    resources
        Where fetched files lie.

    Raises
    ------
    OrthrusError
        A file is missing or malformed, or the weights do not fit the configuration.
    """
    stored = checkpoint_formats.read_weights(locate(place, resources))
    _refuse_huge(stored)
    # Not on the meta device, on which the first operation imports all of torch's compiler.
    with torch.random.fork_rng(devices=[]):
        encoder = make(stored.settings)
        body = stored.mlm_body
        mlm_head = None if body is None else MLMHead(encoder.width, body)
        projector = Projector(encoder.width) if stored.part(*PROJECTORS) else None
    own = {
        name: value
        for name, value in stored.weights.items()
        if not name.startswith((*PROJECTORS, *DROPPED))
    }
    wanted = dict(encoder.state_dict())
    if mlm_head is not None:
        wanted |= mlm_head.state_dict(prefix=MLM)
    _check(own, wanted, stored)
    _fill(encoder, {name: own[name] for name in encoder.state_dict()})
    if mlm_head is not None:
        _fill(mlm_head, stored.part(MLM))
    if projector is not None:
        _fill_projector(projector, stored)
    if stored.prefixes:
        say(
            f"{stored.path}: names of weights begin with {', '.join(stored.prefixes)}; read without"
        )
    dtype = own[min(own)].dtype
    return Checkpoint(encoder, mlm_head, projector, stored.path, stored.layout, dtype)


def _refuse_huge(stored: Stored) -> None:
    """Raise an OrthrusError, before memory is taken, for a size that the weights cannot fill."""
    asked = find(stored.settings.kind).least_weights(stored.settings)
    held = sum(value.numel() for value in stored.weights.values())
    if asked > ABSURD * max(held, 1 << 20):
        raise OrthrusError(
            f"{stored.config}: asks for more than {asked:,} weights, but {stored.path} holds "
            f"{held:,}; give the files of one model"
        )


def _fill_projector(projector: Projector, stored: Stored) -> None:
    """Load the published projection head, whose layers are numbered without their ReLUs."""
    places = dict(zip(map(str, range(5)), PUBLISHED_PLACES, strict=True))
    found = {}
    for name, value in stored.part(*PROJECTORS).items():
        place, _, rest = name.partition(".")
        found[f"{places.get(place, place)}.{rest}"] = value
    _check(found, projector.state_dict(), stored)
    _fill(projector, found)


def _fill(module: nn.Module, weights: Weights) -> None:
    """Give a module copies of its weights, floats as float32: those of a file may share memory."""
    copies = {
        name: value.to(torch.float32 if value.is_floating_point() else value.dtype, copy=True)
        for name, value in weights.items()
    }
    module.load_state_dict(copies, assign=True)
    module.eval()


def _check(found: Weights, wanted: Mapping[str, torch.Tensor], stored: Stored) -> None:
    """Compare names and shapes of weights with what the configuration asks for."""
    path, config = stored.path, stored.config.name
    for name, value in found.items():
        if value.layout != torch.strided or value.is_meta or value.is_quantized:
            raise OrthrusError(f"{path}: {name} is no plain tensor; save the weights as such")
    for name in sorted(found.keys() | wanted.keys()):
        if name not in found:
            shape = tuple(wanted[name].shape)
            raise OrthrusError(f"{path}: lacks {name} {shape}, which {config} beside it asks for")
        if name not in wanted:
            raise OrthrusError(f"{path}: holds {name}, which {config} beside it has no place for")
        has, asked = tuple(found[name].shape), tuple(wanted[name].shape)
        if has != asked:
            raise OrthrusError(f"{path}: {name} is {has}, but {config} beside it asks {asked}")
        if found[name].is_floating_point() != wanted[name].is_floating_point():
            raise OrthrusError(
                f"{path}: {name} is of {found[name].dtype}; save the weights as floating point"
            )
        if found[name].is_floating_point() and not found[name].float().isfinite().all():
            raise OrthrusError(
                f"{path}: {name} holds values that are not finite; take the weights of another step"
            )


def digest(module: nn.Module) -> str:
    """Return the SHA-256 of a module's weights by name, whatever file they came from."""
    total = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        total.update(f"{name} {tuple(value.shape)} {value.dtype}\n".encode())
        total.update(value.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()

"""Named tensors of a file, or of the shards that an index names; the content tells the form."""

from __future__ import annotations

import pickle
import re
import warnings
from pathlib import Path
from typing import IO, Any

import torch
from safetensors import SafetensorError, safe_open

from orthrus import embedded_digests
from orthrus.errors import OrthrusError
from orthrus.files import open_existing, read_json

Weights = dict[str, torch.Tensor]

WRAPPER = "state_dict"
"""Under which key training frameworks keep weights beside the state of the training."""
INDEX_KEY = "weight_map"
LFS_POINTER = b"version https://git-lfs"
SAFETENSORS_FAULTS = (
    *(SafetensorError, AttributeError, LookupError, MemoryError),
    *(OSError, RuntimeError, TypeError, ValueError),
)
PICKLE_FAULTS = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError),
    *(MemoryError, OSError, RuntimeError, TypeError, ValueError),
)
"""What reading a damaged file of torch raises, beside `UnpicklingError`."""
REFUSED = re.compile(r"GLOBAL ([\w.]+)|global ([\w.]+) ")


def read_tensors(path: Path) -> tuple[Weights, bool]:
    """Read all tensors of a file, or of the shards of an index.

    Returns
    -------
    tuple
        The tensors by name, and whether they lay within the state of a training.

    Raises
    ------
    OrthrusError
        A file is missing, damaged or of another kind, or would run code when read.
    """
    with open_existing(path) as handle:
        is_json = _form(handle) == "json"
    return (_sharded(path), False) if is_json else _whole(path)


def _whole(path: Path) -> tuple[Weights, bool]:
    """Read all tensors of one file; see `read`."""
    with open_existing(path) as handle:
        embedded_digests.check(handle, path)
        form = _form(handle)
        start = handle.read(len(LFS_POINTER))
    if start == LFS_POINTER:
        raise OrthrusError(
            f"{path}: is a pointer of Git LFS, not the file; fetch it with `git lfs pull`"
        )
    if form == "safetensors" or path.suffix == ".safetensors":
        return _safetensors(path), False
    return _pickled(path)


def _form(handle: IO[bytes]) -> str:
    """Return `safetensors`, `json` or `other` by the first bytes, and go back to them."""
    start = handle.read(9)
    size = handle.seek(0, 2)
    handle.seek(0)
    if start[8:] == b"{" and int.from_bytes(start[:8], "little") <= size:
        return "safetensors"
    return "json" if start.lstrip()[:1] in (b"{", b"[") else "other"


def _safetensors(path: Path) -> Weights:
    try:
        with safe_open(path, framework="pt") as file:
            weights: Weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except SAFETENSORS_FAULTS as error:
        reason = " ".join(str(error).split())
        raise OrthrusError(f"{path}: is not a safetensors file ({reason}); copy it again") from None
    # Of tensors that share memory the format keeps one, and its metadata name the others.
    tied = {name: kept for name, kept in metadata.items() if kept in weights}
    return {name: weights[kept] for name, kept in tied.items()} | weights


def _pickled(path: Path) -> tuple[Weights, bool]:
    """Read tensors that torch saved, running no code that the file may hold."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about archives of compiled code, refused below
            content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = REFUSED.search(str(error))
        reason = f" ({named[1] or named[2]})" if named else ""
        raise OrthrusError(
            f"{path}: holds more than tensors and plain values{reason}, or is damaged; reading it "
            "could run code, so it was refused; save its state_dict alone"
        ) from None
    except PICKLE_FAULTS:
        raise OrthrusError(
            f"{path}: is not a file of weights, or is damaged or of compiled code (TorchScript); "
            "copy it again, or save its state_dict"
        ) from None
    wrapped = isinstance(content, dict) and WRAPPER in content
    weights = content[WRAPPER] if wrapped else content
    if not isinstance(weights, dict) or not all(
        isinstance(name, str) and torch.is_tensor(value) for name, value in weights.items()
    ):
        raise OrthrusError(f"{path}: is not a file of weights; give one of named tensors")
    return dict(weights), wrapped


def _sharded(index: Path) -> Weights:
    """Read the tensors of all shards that an index names."""
    content = read_json(index)
    places = content.get(INDEX_KEY) if isinstance(content, dict) else None
    if not isinstance(places, dict) or not all(isinstance(it, str) for it in places.values()):
        places = {}
    if not places:
        raise OrthrusError(f"{index}: is JSON, but no index of shards; give the folder of a model")
    weights: Weights = {}
    for shard in sorted(set(places.values())):
        if shard in ("", ".", "..", index.name) or Path(shard).name != shard or "\\" in shard:
            raise OrthrusError(f"{index}: names the shard {shard!r}, which is no file beside it")
        path = index.with_name(shard)
        if not _is_file(path):
            count = list(places.values()).count(shard)
            raise OrthrusError(f"{path}: is missing; {index.name} puts {count} weights into it")
        held, _ = _whole(path)
        wanted = {name for name, place in places.items() if place == shard}
        if stray := sorted(held.keys() ^ wanted):
            fault = "lacks" if stray[0] in wanted else "holds"
            raise OrthrusError(
                f"{path}: {fault} {stray[0]}, against what {index.name} says; fetch all shards of "
                "one version"
            )
        weights |= held
    return weights


def _is_file(path: Path) -> bool:
    """Tell whether there is such a file; there is none of a name that is too long."""
    try:
        return path.is_file()
    except OSError:
        return False

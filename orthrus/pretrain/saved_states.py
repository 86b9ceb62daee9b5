"""The last two saved states of a training, each with a digest that is checked before it is used."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from orthrus import embedded_digests
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, open_existing
from orthrus.log import say
from orthrus.pretrain import distributed
from orthrus.pretrain.resume_state import State


class SealedIO(TorchCheckpointIO):
    """Writes states beside their place, with a seal, and keeps the one that was there before.

    Lightning's own writer passes through the folder for temporary files, which may be small.
    """

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: Any,
        storage_options: Any = None,  # noqa: ARG002
    ) -> None:
        """Write a state to `path`, whole or not at all."""
        state = State(Path(path).parent)
        with atomic_file(state.checkpoint) as scratch:
            torch.save(checkpoint, scratch)
            with scratch.open("ab") as handle:
                handle.write(_mark(state.checkpoint))
            embedded_digests.append(scratch)
            if state.checkpoint.exists():
                state.checkpoint.replace(state.previous)


def newest(state: State) -> Path | None:
    """Return the last saved state that is whole; None: there is none.

    The first rank says which were damaged, and removes them: they would take the place of a whole
    one when the next state is saved.
    """
    damaged: list[Path] = []
    found = None
    for path in state.saved():
        if is_whole(path):
            found = path
            break
        damaged.append(path)
    if damaged and distributed.rank() == 0:
        rest = "training starts afresh" if found is None else "using the one before it"
        say(f"{damaged[0]}: is damaged, truncated or of another training; {rest}")
        for path in damaged:
            _remove(path)
    return found


def is_whole(path: Path) -> bool:
    """Tell whether a saved state has the digest that it records, and is of its own run."""
    mark = _mark(path)
    try:
        with open_existing(path) as handle:
            if not embedded_digests.check(handle, path):
                return False
            handle.seek(-len(mark) - len(embedded_digests.EMPTY), os.SEEK_END)
            return handle.read(len(mark)) == mark
    except (OrthrusError, OSError):
        return False


def _mark(path: Path) -> bytes:
    """Return what a state of a run ends with: the run is what its folder is named by."""
    return f"orthrus.run:{path.absolute().parent.name}\n".encode()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()

"""The last two saved states of a training, each with a digest that is checked before it is used."""

from __future__ import annotations

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
        say(f"{damaged[0]}: is damaged or truncated; {rest}")
        for path in damaged:
            path.unlink()
    return found


def is_whole(path: Path) -> bool:
    """Tell whether a saved state has its seal and the digest that it records."""
    try:
        with open_existing(path) as handle:
            return embedded_digests.check(handle, path)
    except OrthrusError:
        return False

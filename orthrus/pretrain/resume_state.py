"""Where a training can be resumed from: a locked folder per identity of the run."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthrus import locks
from orthrus.errors import OrthrusError
from orthrus.files import read_json, write_json
from orthrus.log import say

IDENTITY, LOCK = "identity.json", "lock"
CHECKPOINT, PREVIOUS = "last.ckpt", "previous.ckpt"

Identity = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """The folder of one run, held by this process alone."""

    folder: Path

    @property
    def checkpoint(self) -> Path:
        """The last saved state of the training; it may not exist yet."""
        return self.folder / CHECKPOINT

    @property
    def previous(self) -> Path:
        """The state that was saved before the last one; it may not exist."""
        return self.folder / PREVIOUS

    def saved(self) -> list[Path]:
        """Return the saved states that exist, the last one first."""
        return [path for path in (self.checkpoint, self.previous) if path.exists()]


def digest(identity: Identity) -> str:
    """Return 16 hexadecimal digits that stand for everything that decides a result."""
    text = json.dumps(identity, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextlib.contextmanager
def claim(parent: Path, identity: Identity) -> Iterator[State]:
    """Hold the state folder of a run, waiting while another live process holds it.

    The operating system releases the lock when its holder dies, however it dies.

    Parameters
    ----------
    parent
        Folder of the states of all runs; the run's own is named by its digest.
    identity
        Settings, inputs and versions of the run.

    Raises
    ------
    OrthrusError
        The folder cannot be written.
    """
    folder = parent / digest(identity)
    with _locked(folder):
        state = State(folder)
        if not state.saved() and (changes := _changes(parent, folder, identity)):
            say(f"{parent}: {changes}; training starts afresh")
        write_json(identity, folder / IDENTITY)
        yield state


def prune(state: State) -> None:
    """Remove the states of other runs beside this one, but none that a live process holds."""
    for path in sorted(state.folder.parent.glob(f"*/{IDENTITY}")):
        if path.parent != state.folder:
            with _locked(path.parent, wait=False) as held:
                if held:
                    shutil.rmtree(path.parent)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of a folder, which is made; or tell that another process does."""
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = open(folder / LOCK, "w")  # noqa: SIM115 (entered below)
        except OSError as error:
            raise OrthrusError(f"{folder}: cannot be written: {error.strerror}") from None
        with handle:
            held = _lock(handle.fileno(), folder, wait=wait)
            # Whoever held it before may have removed the folder.
            if held and not _is(handle.fileno(), folder / LOCK):
                continue
            yield held
            return


def _lock(descriptor: int, folder: Path, *, wait: bool) -> bool:
    if locks.acquire(descriptor, folder):
        return True
    if not wait:
        return False
    say(f"{folder}: another process trains this model; waiting to use its result")
    return locks.acquire(descriptor, folder, fcntl.LOCK_EX)


def _is(descriptor: int, path: Path) -> bool:
    """Tell whether an open file still is the one at `path`."""
    return path.exists() and os.path.samestat(os.fstat(descriptor), path.stat())


def _changes(parent: Path, folder: Path, identity: Identity) -> str:
    """Say how a run differs from the latest other one in `parent`; nothing if there is none."""
    others = [path for path in parent.glob(f"*/{IDENTITY}") if path.parent != folder]
    if not others:
        return ""
    try:
        before = _flat(read_json(max(others, key=lambda path: path.stat().st_mtime)))
    except OrthrusError as error:
        return str(error).removesuffix("; make it again")
    after = _flat(identity)
    keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    told = [f"{key} changed from {before.get(key)} to {after.get(key)}" for key in keys[:3]]
    return ", ".join(told + [f"and {len(keys) - 3} more"] * (len(keys) > 3))


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Turn `{"a": {"b": 1}}` into `{"a.b": 1}`."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat

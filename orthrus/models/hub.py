"""Models by the id of their repository, among fetched files."""

from __future__ import annotations

import os
from pathlib import Path

from orthrus.errors import OrthrusError

HOST = "huggingface.co"
OWNERS = ("antichronology", "quietflamingo")
"""Whose repositories the catalogue of sources has."""
LIGHTNING = "orthrus_"  # how folders of checkpoints in `antichronology/orthrus` begin


def locate(place: str | os.PathLike[str], resources: str | os.PathLike[str]) -> Path:
    """Return where a model lies: `place` itself, or what was fetched from that repository.

    Parameters
    ----------
    place
        A file or folder, or `owner/repository`, or `owner/repository/folder`.
    resources
        The folder below which `orthrus sources fetch` puts files.

    Raises
    ------
    OrthrusError
        There is nothing; the message names the command that fetches it.
    """
    path = Path(place)
    if path.exists():
        return path
    owner, *rest = path.parts
    if path.is_absolute() or not rest or owner in (".", ".."):
        raise OrthrusError(f"{path}: cannot be read: no such file or folder; give a model's folder")
    repository, *inside = rest
    fetched = Path(resources) / HOST / owner / repository / "resolve"
    if found := sorted(fetched.glob("/".join(["*", *inside, "*config.json"]))):
        return found[-1].parent
    if owner not in OWNERS:
        raise OrthrusError(
            f"{path}: cannot be read: no such file or folder, nor fetched below {resources}; give "
            "a model's folder"
        )
    items = " ".join(_items(repository, inside))
    raise OrthrusError(
        f"{path}: cannot be read: no such folder, nor fetched below {resources}; fetch it with: "
        f"orthrus sources fetch {items} --resources {resources}"
    )


def _items(repository: str, inside: list[str]) -> list[str]:
    """Return the names in the catalogue of a model's files."""
    if inside:
        name = f"weights.lightning.{inside[-1].removeprefix(LIGHTNING)}"
        return [f"{name}.{file}" for file in ("checkpoint", "model_config", "data_config")]
    return [f"weights.{repository}.{file}" for file in ("config", "weights")]

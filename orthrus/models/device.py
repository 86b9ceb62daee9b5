"""Where a model runs."""

from __future__ import annotations

from typing import Literal

import torch

from orthrus.errors import OrthrusError

Device = Literal["auto", "cpu", "cuda"]


def choose(wanted: Device, key: str) -> torch.device:
    """Return the device that a setting asks for; `auto` is a GPU where there is one.

    Parameters
    ----------
    wanted
        The setting's value.
    key
        Its name, for the message.

    Raises
    ------
    OrthrusError
        A GPU is asked for and there is none.
    """
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wanted == "cuda" and not torch.cuda.is_available():
        raise OrthrusError(f"{key}: cuda asked for, but no GPU is available; set {key}=cpu")
    return torch.device(wanted)

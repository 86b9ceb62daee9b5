"""Rebuild, train and use the Orthrus foundation model of mature RNA."""

import os
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# OpenMP's threads otherwise spin for a while after each matrix product of torch, on the cores that
# the compiled kernels want: on two, a small encoder trains a quarter faster without. This and the
# next are read when torch is first used: they change nothing where it was used before.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# Large tensors in pages of 2 MB, where Linux has them: torch asks for fresh memory for each, and a
# seventh of the encoder's time went into mapping it page by page.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

_LAZY = {"embed": "orthrus.evaluate.api", "load_model": "orthrus.models.checkpoint"}


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is first asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)

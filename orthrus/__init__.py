"""Rebuild, train and use the Orthrus foundation model of mature RNA.

`docs/api.md` lists what stands here. Nothing is loaded before it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from orthrus.annotation.api import read_annotation as read_annotation
    from orthrus.errors import OrthrusError as OrthrusError
    from orthrus.evaluate.api import embed as embed
    from orthrus.evaluate.api import predict as predict
    from orthrus.models.checkpoint import load_model as load_model
    from orthrus.transcripts.api import encode as encode
    from orthrus.transcripts.codes import decode as decode
    from orthrus.transcripts.corpus import Corpus as Corpus
    from orthrus.transcripts.store import Store as Store

_PLACES = {
    "Corpus": "orthrus.transcripts.corpus",
    "OrthrusError": "orthrus.errors",
    "Store": "orthrus.transcripts.store",
    "decode": "orthrus.transcripts.codes",
    "embed": "orthrus.evaluate.api",
    "encode": "orthrus.transcripts.api",
    "load_model": "orthrus.models.checkpoint",
    "predict": "orthrus.evaluate.api",
    "read_annotation": "orthrus.annotation.api",
}
__all__ = [
    *("Corpus", "OrthrusError", "Store", "decode", "embed", "encode"),
    *("load_model", "predict", "read_annotation"),
]


def __getattr__(name: str) -> object:
    """Import what is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_PLACES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)

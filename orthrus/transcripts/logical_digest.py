"""A digest of what a store means, whatever library versions wrote its bytes."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.strings import utf8

PREAMBLE = b"orthrus six-track store 1\n"


def logical_digest(
    codes: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], table: pl.DataFrame
) -> str:
    """Return the hexadecimal SHA-256 of the rows of a store, as `docs/store-format.md` defines it.

    Parameters
    ----------
    codes
        (nt,) uint8, all transcripts end to end.
    offsets
        (n + 1,) int64, where each transcript starts.
    table
        The n rows of the store's table.
    """
    state = hashlib.sha256(PREAMBLE)
    _numbers(state, offsets, "<i8")
    _numbers(state, codes, "u1")
    for column in table:
        _text(state, column.name)
        _column(state, column)
    return state.hexdigest()


def _column(state: Any, values: pl.Series) -> None:
    """Feed validity, one byte per row, then the values that are not null."""
    valid = np.ones(len(values), dtype=np.uint8)
    if values.null_count():
        valid, values = values.is_not_null().to_numpy(), values.drop_nulls()
    _numbers(state, valid, "u1")
    if values.dtype == pl.String:
        letters, bounds = utf8(values)
        _numbers(state, np.diff(bounds), "<i8")
        _numbers(state, letters[bounds[0] : bounds[-1]], "u1")
    elif isinstance(values.dtype, pl.List):
        lengths = values.list.len()
        _numbers(state, lengths.to_numpy(), "<i8")
        # Exploding an empty list would give a null, so empty lists are left out.
        _column(state, values.filter(lengths > 0).explode())
    else:
        _numbers(state, values.to_numpy(), "<i8")


def _numbers(state: Any, values: npt.NDArray[Any], dtype: str) -> None:
    state.update(f"{len(values)} ".encode())
    state.update(np.ascontiguousarray(values, dtype=dtype).data)


def _text(state: Any, text: str) -> None:
    raw = text.encode()
    state.update(f"{len(raw)} ".encode() + raw)

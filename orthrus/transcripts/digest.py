"""A digest of what a store means, whatever library versions wrote its bytes."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

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
    _numbers(state, ~_nulls(values), "u1")
    values = values.drop_nulls() if values.null_count() else values
    if values.dtype == pl.String:
        _strings(state, values)
    elif isinstance(values.dtype, pl.List):
        lengths = values.list.len()
        _numbers(state, lengths.to_numpy(), "<i8")
        # Exploding an empty list would give a null, so empty lists are left out.
        _column(state, values.filter(lengths > 0).explode())
    else:
        _numbers(state, values.to_numpy(), "<i8")


def _nulls(values: pl.Series) -> npt.NDArray[np.bool_]:
    if not values.null_count():
        return np.zeros(len(values), dtype=np.bool_)
    return values.is_null().to_numpy()


def _strings(state: Any, values: pl.Series) -> None:
    """Feed the lengths of strings, then all of them joined, as Arrow holds them."""
    array = values.to_arrow()
    _, offsets, letters = array.buffers()
    bounds = np.frombuffer(offsets, "<i8", len(array) + 1, 8 * array.offset) if len(array) else [0]
    _numbers(state, np.diff(bounds), "<i8")
    _octets(state, memoryview(letters or b"")[bounds[0] : bounds[-1]])


def _numbers(state: Any, values: npt.NDArray[Any], dtype: str) -> None:
    state.update(f"{len(values)} ".encode())
    state.update(np.ascontiguousarray(values, dtype=dtype).data)


def _text(state: Any, text: str) -> None:
    _octets(state, text.encode())


def _octets(state: Any, octets: bytes | memoryview) -> None:
    state.update(f"{len(octets)} ".encode())
    state.update(octets)

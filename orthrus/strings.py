"""Texts in tables: made, cleaned for comparison, and handed over as bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus.identifiers import unversioned as unversioned


def format_expr(template: str, *values: pl.Expr | str) -> pl.Expr:
    """Return texts with a value, or a column's, for each `{}` of a template; null where one is.

    `pl.format` does so too, but in polars 2.1 it panics on tables that begin with an empty chunk,
    as filters leave them.
    """
    first, *others = template.split("{}")
    parts = [pl.lit(first)]
    for value, text in zip(values, others, strict=True):
        parts += [pl.col(value) if isinstance(value, str) else value, pl.lit(text)]
    return pl.concat_str(parts)


def filled(names: pl.Expr) -> pl.Expr:
    """Return `names` without surrounding blanks, null where nothing remains."""
    bare = names.str.strip_chars()
    return pl.when(bare != "").then(bare)


def folded(names: pl.Expr) -> pl.Expr:
    """Return gene symbols as they are compared: without case, null where empty."""
    return filled(names).str.to_lowercase()


def utf8(texts: pl.Series) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return the bytes of strings, none of them null, without copying them again.

    Returns
    -------
    letters : uint8
    bounds : (n + 1,) int64
        Text i is `letters[bounds[i]:bounds[i + 1]]`; the texts lie end to end.
    """
    if texts.is_empty():
        return np.empty(0, dtype=np.uint8), np.zeros(1, dtype=np.int64)
    array = texts.to_arrow()
    _, offsets, letters = array.buffers()
    bounds = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(letters or b"", np.uint8), bounds

"""What the formats of tab-separated lines share: texts and lists of integers as fields."""

from __future__ import annotations

import polars as pl

ESCAPES = {"\t": "%09", "\n": "%0A", "\r": "%0D"}
"""What would end a field or a line, as GFF3 writes it; none of the formats here has a way of its
own."""


def text(column: str, **further: str) -> pl.Expr:
    """Return a column of text, escaped; null stays null. `further` are more escapes."""
    return pl.col(column).str.replace_many(ESCAPES | further).alias(column)


def first(column: str) -> pl.Expr:
    """Return the text of a line's first field, which must not look like a comment."""
    return text(column).str.replace("^#", "%23")


def numbers(column: str) -> pl.Expr:
    """Return a list of integers as UCSC writes it: `12,34,`."""
    return pl.col(column).cast(pl.List(pl.String())).list.join(",") + ","

"""Processed task files made for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl


def processed_rows(n: int = 4) -> dict[str, list[Any]]:
    """Return the columns of a processed regression file of `n` rows without a transcript column."""
    sequences = ["ACGTNacgu"[: 3 + row % 7] for row in range(n)]
    return {
        "gene": [f"ENSG0000000000{row}.{row + 1}" if row % 2 else f"Gene{row}" for row in range(n)],
        "chromosome": [f"chr{1 + row % 3}" for row in range(n)],
        "sequence": sequences,
        "cds": [[int(at % 3 == 0) for at in range(len(text))] for text in sequences],
        "splice": [[0] * (len(text) - 1) + [1] for text in sequences],
        "target": [0.5 * row for row in range(n)],
    }


def write_processed(path: Path, columns: dict[str, list[Any]]) -> Path:
    """Write `columns` as a processed file, its tracks as int8 lists."""
    tracks = {name: pl.List(pl.Int8) for name in ("cds", "splice") if name in columns}
    pl.DataFrame(columns, schema_overrides=tracks, strict=False).write_parquet(path)
    return path

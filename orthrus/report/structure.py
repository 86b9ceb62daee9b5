"""What probes tell of the structure of held-out transcripts (P2, Figure 2A)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import tables


@dataclass(frozen=True)
class Structure:
    """What one model's probes tell on one split.

    Attributes
    ----------
    confusion
        Of tasks with one label per transcript: see `confusion`.
    points
        Of other tasks: the targets (`target`) of the test rows of one seed, and what its probe
        predicts (`predicted`).
    """

    split: str
    model: str
    confusion: dict[str, npt.NDArray[np.int64]]
    points: dict[str, pl.DataFrame]


def read(folder: Path, tasks: Mapping[str, Mapping[str, Any]]) -> list[Structure]:
    """Read the held-out predictions in `folder` of the tasks, whose facts are given by name."""
    found: dict[tuple[str, str], Structure] = {}
    for name, facts in tasks.items():
        for path in sorted(folder.glob(f"*/{name}/*.parquet")):
            key = (path.parts[-3], path.stem)
            made = found.setdefault(key, Structure(*key, {}, {}))
            predictions = tables.read(path, tables.HELD_OUT)
            if facts.get("exclusive"):
                made.confusion[name] = confusion(predictions, len(facts["labels"]))
            else:
                one = predictions.filter(pl.col("seed") == pl.col("seed").first())
                made.points[name] = one.select(pl.col("target", "predicted").list.first())
    return [found[key] for key in sorted(found)]


def confusion(predictions: pl.DataFrame, n_labels: int) -> npt.NDArray[np.int64]:
    """Count the rows of HELD_OUT, of all seeds, by their label and the likeliest one.

    Returns
    -------
    array
        (labels, labels) int64: own label by the one of the highest probability. A label that could
        not be fitted, NaN, is never likeliest.
    """
    own = predictions["target"].list.arg_max().to_numpy()
    known = predictions["predicted"].list.eval(pl.element().fill_nan(-1.0))
    counts = np.zeros((n_labels, n_labels), dtype=np.int64)
    np.add.at(counts, (own, known.list.arg_max().to_numpy()), 1)
    return counts

"""What probes tell of the structure of held-out transcripts (paper, Figure 2A)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import schemas
from orthrus.errors import OrthrusError


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


def read_predictions(
    folder: Path, tasks: Mapping[str, Mapping[str, Any]], models: Collection[str] | None = None
) -> list[Structure]:
    """Read held-out predictions.

    Parameters
    ----------
    folder
        Where they lie, by split, task and model.
    tasks
        Facts of the tasks to read, by name.
    models
        The models to read; None: all.

    Raises
    ------
    OrthrusError
        A file is malformed, or of other labels than its task.
    """
    found: dict[tuple[str, str], Structure] = {}
    for name, facts in tasks.items():
        for path in sorted(folder.glob(f"*/{name}/*.parquet")):
            key = (path.parts[-3], path.stem)
            if models is not None and path.stem not in models:
                continue
            made = found.setdefault(key, Structure(*key, {}, {}))
            predictions = schemas.read_table(path, schemas.HELD_OUT)
            if set(predictions["target"].list.len()) - {len(facts["labels"])}:
                raise OrthrusError(f"{path}: has other labels than its task; predict again")
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

"""Embeddings of other models, whatever file they come in."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import embedded_digests
from orthrus.array_types import Floats32
from orthrus.errors import OrthrusError
from orthrus.evaluate.embeddings_io import refuse_infinite
from orthrus.files import PARQUET_MAGIC, ZIP_FAULTS, open_existing

COLUMNS = ("transcript_id", "embedding")
SUFFIXES = (".parquet", ".npy", ".npz")
DATASETS = {"eclip": "eclip-binding-k562"}
"""What mRNABench calls tasks that it has under another name, or the first of two."""


def find(folder: Path, task: str) -> Path:
    """Return the file of a task in a folder of one model's embeddings.

    It is named as the task is, or begins with its name and an underscore, as mRNABench's files do:
    `<data set>_<model>.npz`, and once `<data set>_<model>_o<overlap>.npz`.

    Raises
    ------
    OrthrusError
        The folder has no such file, or several.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    for name in (task, DATASETS.get(task, task)):
        exact = [path for path in files if path.stem == name]
        if found := exact or [path for path in files if path.stem.startswith(f"{name}_")]:
            break
    if len(found) != 1:
        several = f"holds {found[0].name} and {found[1].name}" if found else "holds no file"
        raise OrthrusError(
            f"{folder}: {several} of task {task}; name one {task}.npz, .npy or .parquet"
        )
    return found[0]


def read_external(path: Path, transcripts: pl.Series, released: int | None = None) -> Floats32:
    """Read the vectors of `transcripts`, (n, width) float32, in their order.

    Parameters
    ----------
    path
        Parquet with `transcript_id` and `embedding` (lists of one size), in any order; or a .npy
        file, or an .npz file of one array, with a row per transcript in the order of `transcripts`,
        or of the release that they were numbered in, as `rnahl-human:17` is from 1.
    transcripts
        Their names.
    released
        Rows of that release; None: there is none.

    Raises
    ------
    OrthrusError
        The file is none of these, holds other numbers than finite ones, or lacks a transcript.
    """
    with open_existing(path) as handle:
        embedded_digests.check(handle, path)
        magic = handle.read(4)
    if magic == PARQUET_MAGIC:
        found = _from_parquet(path, transcripts)
    else:
        found = _of_release(_from_array(path), transcripts, released)
    if found.ndim != 2 or len(found) != len(transcripts):
        of_release = f", its release {released}" if released else ""
        raise OrthrusError(
            f"{path}: is an array of shape {found.shape}; the task has {len(transcripts)} "
            f"transcripts{of_release}, and needs a row for each"
        )
    if not found.shape[1]:
        raise OrthrusError(f"{path}: holds vectors without any value; embed again")
    if found.dtype.kind not in "fiu":
        raise OrthrusError(f"{path}: holds {found.dtype}, not real numbers; embed again")
    with np.errstate(over="ignore"):
        vectors = found.astype(np.float32)
    refuse_infinite(vectors, transcripts, path)
    return vectors


def _from_parquet(path: Path, transcripts: pl.Series) -> npt.NDArray[Any]:
    try:
        table = pl.read_parquet(path)
        named = table.select(*COLUMNS).unique(maintain_order=True)
        if (twice := named.filter(pl.col("transcript_id").is_duplicated())).height:
            raise OrthrusError(
                f"{path}: holds several vectors of {twice['transcript_id'][0]}; keep one of them"
            )
        wanted = pl.DataFrame({"transcript_id": transcripts.cast(pl.String)})
        vectors = wanted.join(named, on="transcript_id", how="left", maintain_order="left")
        if missing := vectors["embedding"].null_count():
            first = vectors.filter(pl.col("embedding").is_null())["transcript_id"][0]
            raise OrthrusError(f"{path}: lacks {missing} transcripts of the task, first {first}")
        column = vectors["embedding"]
        if isinstance(column.dtype, pl.List):
            column = column.list.to_array(int(column.list.len()[0]))
        return column.to_numpy()
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise OrthrusError(
            f"{path}: needs transcript_id and embedding, a list of one size ({reason})"
        ) from None


def _of_release(
    array: npt.NDArray[Any], transcripts: pl.Series, released: int | None
) -> npt.NDArray[Any]:
    """Return the rows of the transcripts where the array has one for each row of their release."""
    numbers = transcripts.str.extract(r":(\d+)$").cast(pl.Int64)
    fits = array.ndim == 2 and len(array) == released != len(transcripts)
    if not fits or numbers.null_count() or not numbers.is_between(1, len(array)).all():
        return array
    return array[numbers.to_numpy() - 1]


def _from_array(path: Path) -> npt.NDArray[Any]:
    try:
        with open_existing(path) as handle, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the file was written by Python 2
            loaded = np.load(handle, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return loaded
            with loaded:
                if len(loaded.files) != 1:
                    raise OrthrusError(
                        f"{path}: holds the arrays {', '.join(loaded.files)}; give a file of one"
                    )
                return np.asarray(loaded[loaded.files[0]])
    except ZIP_FAULTS:
        raise OrthrusError(
            f"{path}: is neither Parquet nor an array of numbers (.npy, .npz)"
        ) from None

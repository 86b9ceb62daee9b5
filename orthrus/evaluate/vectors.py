"""Embedding tables: one float32 vector per transcript."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from orthrus import tables
from orthrus.errors import OrthrusError
from orthrus.files import open_existing

Matrix = npt.NDArray[np.float32]


def write(path: Path, transcripts: Sequence[str] | pl.Series, vectors: Matrix) -> None:
    """Write vectors (n, width) of `transcripts`, row by row."""
    contract = tables.embeddings(vectors.shape[1])
    columns = {"transcript_id": transcripts, "embedding": vectors}
    tables.write(pl.DataFrame(columns, schema=contract.schema), path, contract)


def read(path: Path) -> tuple[pl.Series, Matrix]:
    """Read the transcripts (n,) and their vectors (n, width) from an embedding table.

    Raises
    ------
    OrthrusError
        The file is missing, not Parquet, or does not hold one fixed-size vector per transcript.
    """
    with open_existing(path) as handle:
        try:
            dtype = pl.read_parquet_schema(handle).get("embedding")
        except pl.exceptions.PolarsError as error:
            raise OrthrusError(f"{path}: is not a Parquet file: {error}") from None
    if not isinstance(dtype, pl.Array):
        raise OrthrusError(
            f"{path}: is no embedding table; write one with `orthrus evaluate embed`"
        )
    frame = tables.read(path, tables.embeddings(dtype.size))
    return frame["transcript_id"], frame["embedding"].to_numpy()


def of(path: Path, transcripts: pl.Series) -> Matrix:
    """Read the vectors of `transcripts`, in their order, from an embedding table.

    Raises
    ------
    OrthrusError
        See `read`; or a transcript has no vector.
    """
    names, vectors = read(path)
    rows = pl.DataFrame({"transcript_id": transcripts}).join(
        pl.DataFrame({"transcript_id": names}).with_row_index("row"),
        on="transcript_id",
        how="left",
        maintain_order="left",
    )["row"]
    if rows.null_count():
        missing = transcripts.filter(rows.is_null())
        raise OrthrusError(
            f"{path}: holds no embedding of {missing[0]} ({len(missing)} missing); embed again"
        )
    return vectors[rows.to_numpy()]

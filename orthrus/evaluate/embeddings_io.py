"""Embeddings on disk: one float32 vector per transcript."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from orthrus import embedded_digests, schemas
from orthrus.array_types import Floats32
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, atomic_folder, open_existing
from orthrus.output_formats import plain, suffix_of

ZARR_CHUNK = 1 << 20
"""Bytes of a chunk of whole vectors."""
MODEL = "orthrus_model"
"""Where an embedding table keeps the digest of its model, as `orthrus models show` prints it."""


Form = Literal["parquet", "npy", "zarr"]
"""How embeddings are written.

`parquet`: a table of `transcript_id` and `embedding`, a list of fixed size. `npy`: an array
(n, width); the transcripts stand in a text file beside it, a line each, named as the array with
`.ids.txt` in place of `.npy` or after any other suffix. `zarr`: a group with the
array `embedding` (n, width), and `table.parquet` with `transcript_id`.
"""


def form_of(path: Path) -> Form:
    """Return the form that a file's suffix names.

    Raises
    ------
    OrthrusError
        It names none.
    """
    forms: dict[str, Form] = {".parquet": "parquet", ".npy": "npy", ".zarr": "zarr"}
    return forms[suffix_of(path, *forms, otherwise=", or say --format")]


def check_output(form: Form, path: Path) -> None:
    """Raise an OrthrusError, before the work is done, if `path` cannot become such an output."""
    if form != "zarr" and path.is_dir():
        raise OrthrusError(f"{path}: is a folder; name a file")
    if form == "zarr" and path.is_file():
        raise OrthrusError(f"{path}: is a file; name a folder")
    if form == "npy":
        plain(_names_of(path))


def _names_of(path: Path) -> Path:
    """Return where the names of an array's rows are written."""
    return path.with_name(path.name.removesuffix(".npy") + ".ids.txt")


def write_as(
    form: Form, path: Path, transcripts: pl.Series, vectors: Floats32, digest: str | None = None
) -> None:
    """Write vectors (n, width) of `transcripts` in a form; whole or not at all.

    Parquet keeps the `digest` of the model too; see `write`.
    """
    if form == "parquet":
        write_embeddings(path, transcripts, vectors, digest)
    elif form == "npy":
        with atomic_file(_names_of(path)) as scratch:
            scratch.write_text("".join(f"{name}\n" for name in transcripts))
        with atomic_file(path) as scratch, scratch.open("wb") as handle:
            np.save(handle, vectors, allow_pickle=False)
    else:
        _write_zarr(path, transcripts, vectors)


def _write_zarr(path: Path, transcripts: pl.Series, vectors: Floats32) -> None:
    import zarr

    rows = max(1, ZARR_CHUNK // (4 * vectors.shape[1]))
    with atomic_folder(path) as folder:
        group = zarr.create_group(folder, zarr_format=3)
        array = group.create_array(
            "embedding", shape=vectors.shape, dtype=vectors.dtype, chunks=(rows, vectors.shape[1])
        )
        array[:] = vectors
        names = folder / "table.parquet"
        pl.DataFrame({"transcript_id": transcripts}).write_parquet(names)
        embedded_digests.seal_parquet(names)


def write_embeddings(
    path: Path,
    transcripts: Sequence[str] | pl.Series,
    vectors: Floats32,
    digest: str | None = None,
) -> None:
    """Write vectors (n, width) of `transcripts`, row by row, as an embedding table.

    `digest` is that of the model's weights, which the file keeps; None: no model made them.
    """
    contract = schemas.embeddings(vectors.shape[1])
    columns = {"transcript_id": transcripts, "embedding": vectors}
    told = {MODEL: digest} if digest else None
    schemas.write_table(pl.DataFrame(columns, schema=contract.schema), path, contract, told)


def digest_of(path: Path) -> str | None:
    """Return the digest of the model whose vectors a sound embedding table holds, if any."""
    with open_existing(path) as handle:
        return pl.read_parquet_metadata(handle).get(MODEL)


def read_embeddings(path: Path) -> tuple[pl.Series, Floats32]:
    """Read the transcripts (n,) and their vectors (n, width) from an embedding table.

    Raises
    ------
    OrthrusError
        The file is missing, damaged, not Parquet, or does not hold one fixed-size vector of finite
        numbers per transcript.
    """
    with open_existing(path) as handle:
        embedded_digests.check(handle, path)
        try:
            dtype = pl.read_parquet_schema(handle).get("embedding")
        except pl.exceptions.PolarsError as error:
            raise OrthrusError(f"{path}: is not a Parquet file: {error}") from None
        if not isinstance(dtype, pl.Array) or not dtype.size:
            raise OrthrusError(
                f"{path}: is no embedding table; write one with `orthrus evaluate embed`"
            )
        handle.seek(0)
        frame = schemas.parse(handle, path, schemas.embeddings(dtype.size))
    vectors = frame["embedding"].to_numpy()
    refuse_infinite(vectors, frame["transcript_id"], path)
    return frame["transcript_id"], vectors


def refuse_infinite(vectors: Floats32, transcripts: pl.Series, path: Path) -> None:
    """Raise an OrthrusError that names the first transcript whose vector is not finite."""
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        name = transcripts[int(np.argmin(finite))]
        raise OrthrusError(
            f"{path}: holds values that are not finite, first for {name}; embed again"
        )


def of(path: Path, transcripts: pl.Series) -> Floats32:
    """Read the vectors of `transcripts`, in their order, from an embedding table.

    Raises
    ------
    OrthrusError
        See `read`; or a transcript has no vector.
    """
    names, vectors = read_embeddings(path)
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

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from orthrus.errors import OrthrusError
from orthrus.evaluate import guests

NAMES = pl.Series(["T1", "T2", "T3"])
VECTORS = np.arange(6, dtype=np.float64).reshape(3, 2)


def parquet(path: Path, names: list[str], vectors: list[list[float]]) -> Path:
    pl.DataFrame({"transcript_id": names, "embedding": vectors}).write_parquet(path)
    return path


def damaged_zip(path: Path, **arrays: np.ndarray) -> Path:
    np.savez_compressed(path, **arrays)
    content = bytearray(path.read_bytes())
    content[60:70] = b"\xff" * 10
    path.write_bytes(content)
    return path


def test_rows_of_a_table_are_found_by_name(tmp_path: Path) -> None:
    order = ["T3", "other", "T1", "T2"]
    path = parquet(tmp_path / "e.parquet", order, [[4, 5], [9, 9], [0, 1], [2, 3]])
    np.testing.assert_array_equal(guests.read(path, NAMES), VECTORS)
    fixed = pl.read_parquet(path).with_columns(pl.col("embedding").list.to_array(2))
    fixed.write_parquet(path)
    np.testing.assert_array_equal(guests.read(path, NAMES), VECTORS)


def test_rows_of_an_array_are_those_of_the_task(tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", VECTORS)
    np.savez_compressed(tmp_path / "e.npz", embedding=VECTORS)
    for name in ("e.npy", "e.npz"):
        found = guests.read(tmp_path / name, NAMES)
        np.testing.assert_array_equal(found, VECTORS)
        assert found.dtype == np.float32


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "few.parquet", ["T1", "T2"], [[0, 1], [2, 3]])
    with pytest.raises(OrthrusError, match="lacks 1 transcripts of the task, first T3"):
        guests.read(path, NAMES)
    path = parquet(tmp_path / "ragged.parquet", list(NAMES), [[0, 1], [2], [3, 4]])
    with pytest.raises(OrthrusError, match=r"ragged\.parquet: needs transcript_id and embedding"):
        guests.read(path, NAMES)
    pl.DataFrame({"id": NAMES}).write_parquet(tmp_path / "bare.parquet")
    with pytest.raises(OrthrusError, match=r"bare\.parquet: needs transcript_id and embedding"):
        guests.read(tmp_path / "bare.parquet", NAMES)
    np.save(tmp_path / "short.npy", VECTORS[:2])
    with pytest.raises(OrthrusError, match=r"shape \(2, 2\); the task has 3 transcripts"):
        guests.read(tmp_path / "short.npy", NAMES)
    np.save(tmp_path / "nan.npy", VECTORS * np.nan)
    with pytest.raises(OrthrusError, match=r"nan\.npy: holds values that are not finite"):
        guests.read(tmp_path / "nan.npy", NAMES)
    np.savez(tmp_path / "two.npz", a=VECTORS, b=VECTORS)
    with pytest.raises(OrthrusError, match=r"two\.npz: holds the arrays a, b; give a file of one"):
        guests.read(tmp_path / "two.npz", NAMES)
    damaged = damaged_zip(tmp_path / "damaged.npz", embedding=VECTORS.repeat(99))
    with pytest.raises(OrthrusError, match=r"damaged\.npz: is neither Parquet nor an array"):
        guests.read(damaged, NAMES)
    (tmp_path / "text.npy").write_text("no array")
    with pytest.raises(OrthrusError, match=r"text\.npy: is neither Parquet nor an array"):
        guests.read(tmp_path / "text.npy", NAMES)

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from orthrus.errors import OrthrusError
from orthrus.evaluate import vectors

MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)


def test_round_trip(tmp_path: Path) -> None:
    vectors.write(tmp_path / "e.parquet", ["a", "b", "c"], MATRIX)
    names, matrix = vectors.read(tmp_path / "e.parquet")
    assert names.to_list() == ["a", "b", "c"]
    np.testing.assert_array_equal(matrix, MATRIX)


def test_of_follows_the_order_asked_for(tmp_path: Path) -> None:
    vectors.write(tmp_path / "e.parquet", ["a", "b", "c"], MATRIX)
    found = vectors.of(tmp_path / "e.parquet", pl.Series(["c", "a"]))
    np.testing.assert_array_equal(found, MATRIX[[2, 0]])


def test_missing_transcript(tmp_path: Path) -> None:
    vectors.write(tmp_path / "e.parquet", ["a", "b", "c"], MATRIX)
    with pytest.raises(OrthrusError, match=r"holds no embedding of x \(2 missing\)"):
        vectors.of(tmp_path / "e.parquet", pl.Series(["a", "x", "y"]))


def test_another_table(tmp_path: Path) -> None:
    pl.DataFrame({"embedding": [1.0]}).write_parquet(tmp_path / "e.parquet")
    with pytest.raises(OrthrusError, match="is no embedding table"):
        vectors.read(tmp_path / "e.parquet")

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zarr

from orthrus.errors import OrthrusError
from orthrus.evaluate import embeddings_io

NAMES = pl.Series(["a", "b", "c"])
MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)


def test_round_trip(tmp_path: Path) -> None:
    embeddings_io.write_embeddings(tmp_path / "e.parquet", ["a", "b", "c"], MATRIX)
    names, matrix = embeddings_io.read_embeddings(tmp_path / "e.parquet")
    assert names.to_list() == ["a", "b", "c"]
    np.testing.assert_array_equal(matrix, MATRIX)


def test_of_follows_the_order_asked_for(tmp_path: Path) -> None:
    embeddings_io.write_embeddings(tmp_path / "e.parquet", ["a", "b", "c"], MATRIX)
    found = embeddings_io.of(tmp_path / "e.parquet", pl.Series(["c", "a"]))
    np.testing.assert_array_equal(found, MATRIX[[2, 0]])


def test_missing_transcript(tmp_path: Path) -> None:
    embeddings_io.write_embeddings(tmp_path / "e.parquet", ["a", "b", "c"], MATRIX)
    with pytest.raises(OrthrusError, match=r"holds no embedding of x \(2 missing\)"):
        embeddings_io.of(tmp_path / "e.parquet", pl.Series(["a", "x", "y"]))


def test_another_table(tmp_path: Path) -> None:
    pl.DataFrame({"embedding": [1.0]}).write_parquet(tmp_path / "e.parquet")
    with pytest.raises(OrthrusError, match="is no embedding table"):
        embeddings_io.read_embeddings(tmp_path / "e.parquet")


def test_an_array_with_its_names(tmp_path: Path) -> None:
    embeddings_io.write_as("npy", tmp_path / "e.npy", NAMES, MATRIX)
    np.testing.assert_array_equal(np.load(tmp_path / "e.npy"), MATRIX)
    assert (tmp_path / "e.ids.txt").read_text() == "a\nb\nc\n"


def test_names_of_one_array_never_overwrite_those_of_another(tmp_path: Path) -> None:
    for name, ids in (("x.v1", ["a"]), ("x.v2", ["b"])):
        embeddings_io.write_as("npy", tmp_path / name, pl.Series(ids), MATRIX[:1])
    assert (tmp_path / "x.v1.ids.txt").read_text() == "a\n"
    assert (tmp_path / "x.v2.ids.txt").read_text() == "b\n"


def test_a_table_knows_its_model(tmp_path: Path) -> None:
    embeddings_io.write_embeddings(tmp_path / "e.parquet", NAMES, MATRIX)
    assert embeddings_io.digest_of(tmp_path / "e.parquet") is None
    embeddings_io.write_embeddings(tmp_path / "e.parquet", NAMES, MATRIX, "abc")
    assert embeddings_io.digest_of(tmp_path / "e.parquet") == "abc"
    np.testing.assert_array_equal(embeddings_io.read_embeddings(tmp_path / "e.parquet")[1], MATRIX)


def test_a_zarr_group(tmp_path: Path) -> None:
    embeddings_io.write_as("zarr", tmp_path / "e.zarr", NAMES, MATRIX)
    group = zarr.open_group(tmp_path / "e.zarr", mode="r")
    np.testing.assert_array_equal(group["embedding"][:], MATRIX)
    assert pl.read_parquet(tmp_path / "e.zarr/table.parquet").to_dict(as_series=False) == {
        "transcript_id": ["a", "b", "c"]
    }


@pytest.mark.parametrize(
    ("name", "form"),
    [("e.npy", "npy"), ("e.zarr", "zarr"), ("e.parquet", "parquet")],
)
def test_the_suffix_names_the_form(name: str, form: str) -> None:
    assert embeddings_io.form_of(Path(name)) == form


@pytest.mark.parametrize("name", ["e.csv", "e.npz", "e.h5", "e"])
def test_a_suffix_that_names_no_form(name: str) -> None:
    with pytest.raises(OrthrusError, match=r"name it \.parquet, \.npy or \.zarr, or say --format$"):
        embeddings_io.form_of(Path(name))


def test_outputs_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OrthrusError, match="is a folder; name a file"):
        embeddings_io.check_output("npy", tmp_path)
    with pytest.raises(OrthrusError, match="is a file; name a folder"):
        embeddings_io.check_output("zarr", tmp_path / "file")

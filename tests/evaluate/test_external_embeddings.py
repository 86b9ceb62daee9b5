from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from orthrus.errors import OrthrusError
from orthrus.evaluate import external_embeddings

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
    np.testing.assert_array_equal(external_embeddings.read_external(path, NAMES), VECTORS)
    fixed = pl.read_parquet(path).with_columns(pl.col("embedding").list.to_array(2))
    fixed.write_parquet(path)
    np.testing.assert_array_equal(external_embeddings.read_external(path, NAMES), VECTORS)


def test_rows_of_an_array_are_those_of_the_task(tmp_path: Path) -> None:
    np.save(tmp_path / "e.npy", VECTORS)
    np.savez_compressed(tmp_path / "e.npz", embedding=VECTORS)
    for name in ("e.npy", "e.npz"):
        found = external_embeddings.read_external(tmp_path / name, NAMES)
        np.testing.assert_array_equal(found, VECTORS)
        assert found.dtype == np.float32


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path / "few.parquet", ["T1", "T2"], [[0, 1], [2, 3]])
    with pytest.raises(OrthrusError, match="lacks 1 transcripts of the task, first T3"):
        external_embeddings.read_external(path, NAMES)
    path = parquet(tmp_path / "ragged.parquet", list(NAMES), [[0, 1], [2], [3, 4]])
    with pytest.raises(OrthrusError, match=r"ragged\.parquet: needs transcript_id and embedding"):
        external_embeddings.read_external(path, NAMES)
    pl.DataFrame({"id": NAMES}).write_parquet(tmp_path / "bare.parquet")
    with pytest.raises(OrthrusError, match=r"bare\.parquet: needs transcript_id and embedding"):
        external_embeddings.read_external(tmp_path / "bare.parquet", NAMES)
    np.save(tmp_path / "short.npy", VECTORS[:2])
    with pytest.raises(OrthrusError, match=r"shape \(2, 2\); the task has 3 transcripts"):
        external_embeddings.read_external(tmp_path / "short.npy", NAMES)
    np.save(tmp_path / "nan.npy", VECTORS * np.nan)
    with pytest.raises(OrthrusError, match=r"nan\.npy: holds values that are not finite"):
        external_embeddings.read_external(tmp_path / "nan.npy", NAMES)
    np.savez(tmp_path / "two.npz", a=VECTORS, b=VECTORS)
    with pytest.raises(OrthrusError, match=r"two\.npz: holds the arrays a, b; give a file of one"):
        external_embeddings.read_external(tmp_path / "two.npz", NAMES)
    damaged = damaged_zip(tmp_path / "damaged.npz", embedding=VECTORS.repeat(99))
    with pytest.raises(OrthrusError, match=r"damaged\.npz: is neither Parquet nor an array"):
        external_embeddings.read_external(damaged, NAMES)
    (tmp_path / "text.npy").write_text("no array")
    with pytest.raises(OrthrusError, match=r"text\.npy: is neither Parquet nor an array"):
        external_embeddings.read_external(tmp_path / "text.npy", NAMES)


def test_an_array_of_python_2(tmp_path: Path) -> None:
    np.save(tmp_path / "new.npy", VECTORS)
    content = (tmp_path / "new.npy").read_bytes()
    (tmp_path / "old.npy").write_bytes(content.replace(b"(3, 2), ", b"(3L, 2),"))
    assert (tmp_path / "old.npy").read_bytes() != content
    np.testing.assert_array_equal(
        external_embeddings.read_external(tmp_path / "old.npy", NAMES), VECTORS
    )


NUMBERED = pl.Series(["hl:2", "hl:3", "hl:5"])


def test_an_array_of_the_release_leaves_out_what_the_task_does(tmp_path: Path) -> None:
    released = np.arange(10, dtype=np.float64).reshape(5, 2)
    np.savez(tmp_path / "e.npz", embedding=released)
    found = external_embeddings.read_external(tmp_path / "e.npz", NUMBERED, 5)
    np.testing.assert_array_equal(found, released[[1, 2, 4]])
    np.save(tmp_path / "own.npy", VECTORS)
    np.testing.assert_array_equal(
        external_embeddings.read_external(tmp_path / "own.npy", NUMBERED, 5), VECTORS
    )


@pytest.mark.parametrize("names", [NAMES, pl.Series(["hl:2", "hl:3", "hl:6"])])
def test_transcripts_without_a_number_in_the_release(tmp_path: Path, names: pl.Series) -> None:
    np.save(tmp_path / "e.npy", np.zeros((5, 2)))
    with pytest.raises(
        OrthrusError, match=r"shape \(5, 2\); the task has 3 transcripts, its release 5, and needs"
    ):
        external_embeddings.read_external(tmp_path / "e.npy", names, 5)


def test_the_file_of_a_task_in_a_folder(tmp_path: Path) -> None:
    for name in (
        *("go-mf_evo2.npz", "go_orthrus_o0.npz", "go_own.npy", "go_own_evo2.npz", "notes.txt"),
        "eclip-binding-k562_evo2.npz",
    ):
        (tmp_path / name).touch()
    assert external_embeddings.find(tmp_path, "go-mf").name == "go-mf_evo2.npz"
    assert external_embeddings.find(tmp_path, "go_own").name == "go_own.npy"
    assert external_embeddings.find(tmp_path, "eclip").name == "eclip-binding-k562_evo2.npz"
    with pytest.raises(OrthrusError, match=r"holds no file of task prot-loc; name one prot-loc.np"):
        external_embeddings.find(tmp_path, "prot-loc")
    (tmp_path / "go-mf_evo2_0-4.npz").touch()
    with pytest.raises(OrthrusError, match=r"holds go-mf_evo2.npz and go-mf_evo2_0-4.npz of task"):
        external_embeddings.find(tmp_path, "go-mf")


@pytest.mark.parametrize("form", ["npy", "npz", "parquet"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_a_value_that_is_not_finite_names_its_transcript(
    tmp_path: Path, form: str, value: float
) -> None:
    """1e39 is beyond float32, in which embeddings are kept."""
    vectors = VECTORS.astype(np.float64)
    vectors[1, 1] = value
    path = tmp_path / f"e.{form}"
    if form == "npy":
        np.save(path, vectors)
    elif form == "npz":
        np.savez(path, embedding=vectors)
    else:
        parquet(path, list(NAMES), vectors.tolist())
    with pytest.raises(OrthrusError, match=rf"e\.{form}: holds values that are not finite.* T2;"):
        external_embeddings.read_external(path, NAMES)


def test_several_vectors_of_one_transcript_are_refused(tmp_path: Path) -> None:
    names, vectors = ["T1", "T2", "T3", "T2"], [[0, 1], [2, 3], [4, 5], [2, 3]]
    path = parquet(tmp_path / "same.parquet", names, vectors)
    np.testing.assert_array_equal(external_embeddings.read_external(path, NAMES), VECTORS)
    path = parquet(tmp_path / "other.parquet", names, [*vectors[:3], [9, 9]])
    with pytest.raises(OrthrusError, match=r"other\.parquet: holds several vectors of T2"):
        external_embeddings.read_external(path, NAMES)


@pytest.mark.parametrize("form", ["npy", "parquet"])
def test_vectors_without_values_are_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"e.{form}"
    if form == "npy":
        np.save(path, VECTORS[:, :0])
    else:
        pl.DataFrame({"transcript_id": NAMES, "embedding": [[]] * 3}).write_parquet(path)
    with pytest.raises(OrthrusError, match=rf"e\.{form}: "):
        external_embeddings.read_external(path, NAMES)


@pytest.mark.parametrize("kind", [np.float16, np.float64, np.int8, np.uint16])
def test_real_numbers_of_any_type_are_read(tmp_path: Path, kind: type) -> None:
    np.save(tmp_path / "e.npy", VECTORS.astype(kind))
    found = external_embeddings.read_external(tmp_path / "e.npy", NAMES)
    np.testing.assert_array_equal(found, VECTORS)


@pytest.mark.parametrize("kind", [np.complex64, np.bool_, "U4"])
def test_other_things_than_real_numbers_are_refused(tmp_path: Path, kind: type) -> None:
    np.save(tmp_path / "e.npy", VECTORS.astype(kind))
    with pytest.raises(OrthrusError, match=r"e\.npy: holds .*, not real numbers"):
        external_embeddings.read_external(tmp_path / "e.npy", NAMES)

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tasks_helpers import damaged, npz_arrays, write_npz

from orthrus.errors import OrthrusError
from orthrus.tasks import release_npz
from orthrus.transcripts import codes


def parsed(tracks: np.ndarray) -> bytes:
    """Strip trailing positions without a base, one at a time, and encode what is left."""
    end = len(tracks)
    while end and not tracks[end - 1, :4].any():
        end -= 1
    return codes.encode(tracks[:end]).tobytes()


def test_rows_equal_the_oracle(tmp_path: Path) -> None:
    made = npz_arrays(9)
    release = release_npz.read_release_npz(write_npz(tmp_path / "a.npz", **made))
    assert release.rows["codes"].to_list() == [parsed(tracks) for tracks in made["X"]]
    assert release.rows["length"].to_list() == [3 + row for row in range(9)]
    assert release.rows["gene"].to_list() == [f"Gene{row}" for row in range(9)]
    np.testing.assert_array_equal(release.targets[:, 0], np.arange(9))


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.tuples(
            arrays(np.int8, (n, 7), elements=st.integers(0, 4)),
            arrays(np.int8, (n, 7, 2), elements=st.integers(0, 1)),
        )
    )
)
def test_any_tracks_equal_the_oracle(made: tuple[np.ndarray, np.ndarray]) -> None:
    letters, marks = made
    letters[:, 2] = 1  # every row has a base
    tracks = np.concatenate([np.eye(5, dtype=np.int8)[letters][..., :4], marks], axis=2)
    found, lengths = release_npz._encode(tracks, 0)
    expected = [parsed(row) for row in tracks]
    assert found.tobytes() == b"".join(expected)
    assert lengths.tolist() == [len(row) for row in expected]


@pytest.mark.parametrize("block", [1, 12 * 6 * 2, 1 << 20])
def test_the_size_of_blocks_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    made = npz_arrays(5)
    monkeypatch.setattr(release_npz, "BLOCK", block)
    release = release_npz.read_release_npz(write_npz(tmp_path / "a.npz", **made))
    assert release.rows["codes"].to_list() == [parsed(tracks) for tracks in made["X"]]


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.float32, np.int64])
def test_other_types_of_tracks(tmp_path: Path, dtype: type) -> None:
    made = npz_arrays(3)
    path = write_npz(tmp_path / "a.npz", **made | {"X": made["X"].astype(dtype)})
    assert release_npz.read_release_npz(path).rows["codes"].to_list() == [
        parsed(tracks) for tracks in made["X"]
    ]


def test_several_labels_and_no_genes(tmp_path: Path) -> None:
    labels = np.array([[0, 1], [1, 1], [1, 0], [0, 0]])
    release = release_npz.read_release_npz(
        write_npz(tmp_path / "a.npz", **npz_arrays() | {"y": labels, "genes": None})
    )
    np.testing.assert_array_equal(release.targets, labels)
    assert release.rows["gene"].null_count() == 4


def two_bases() -> dict[str, Any]:
    made = npz_arrays()
    made["X"][2, 0, :4] = 1
    return made


def no_base() -> dict[str, Any]:
    made = npz_arrays()
    made["X"][1] = 0
    return made


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (npz_arrays() | {"X": None}, "has no array 'X', but y, genes"),
        (npz_arrays() | {"y": None}, "has no array 'y', but X, genes"),
        (npz_arrays() | {"y": np.zeros(3)}, r"X has shape \(4, 12, 6\); it must be \(3, length"),
        (npz_arrays() | {"genes": np.array(["a"])}, "y has 4 rows, but genes"),
        (npz_arrays() | {"X": np.zeros((4, 12, 4))}, "it must be"),
        (npz_arrays() | {"X": npz_arrays()["X"] * 2}, "values other than 0 and 1"),
        (npz_arrays() | {"X": npz_arrays()["X"] * 0.5}, "values other than 0 and 1"),
        (npz_arrays() | {"X": -npz_arrays()["X"]}, "values other than 0 and 1"),
        (two_bases(), "row 3 of X has two bases"),
        (no_base(), "row 2 of X has no base"),
        (npz_arrays() | {"genes": np.array(["a", 1, 2, 3], dtype=object)}, "Object arrays"),
    ],
)
def test_malformed_files_are_one_line(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    path = write_npz(tmp_path / "a.npz", **arrays)
    with pytest.raises(OrthrusError, match=message) as error:
        release_npz.read_release_npz(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_damaged_archive(tmp_path: Path) -> None:
    path = damaged(write_npz(tmp_path / "a.npz", **npz_arrays(20, 200)))
    with pytest.raises(OrthrusError, match=r"is damaged .*; fetch it again"):
        release_npz.read_release_npz(path)


def test_what_is_an_npz(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("PK but no archive")
    assert not release_npz.is_npz(text)
    assert release_npz.is_npz(write_npz(tmp_path / "a.npz", **npz_arrays()))

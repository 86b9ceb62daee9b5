from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tasks_helpers import processed_rows, write_processed

from orthrus.errors import OrthrusError
from orthrus.tasks import release_parquet
from orthrus.transcripts import codes


def oracle(sequence: str, cds: list[int], splice: list[int]) -> bytes:
    """Encode one transcript track by track, a letter at a time."""
    tracks = np.zeros((len(sequence), 6), dtype=np.uint8)
    for at, letter in enumerate(sequence.upper().replace("U", "T")):
        if letter in "ACGT":
            tracks[at, "ACGT".index(letter)] = 1
        tracks[at, 4:] = cds[at], splice[at]
    return codes.encode(tracks).tobytes()


def test_codes_equal_the_oracle(tmp_path: Path) -> None:
    columns = processed_rows(9)
    rows = release_parquet.read_release_parquet(
        write_processed(tmp_path / "a.parquet", columns)
    ).rows
    made = zip(columns["sequence"], columns["cds"], columns["splice"], strict=True)
    assert rows["codes"].to_list() == [oracle(*row) for row in made]
    assert rows["length"].to_list() == [len(text) for text in columns["sequence"]]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.text("ACGTUNacgtunRY", min_size=1, max_size=20), min_size=1, max_size=5), st.data()
)
def test_encode_equals_the_oracle_on_anything(sequences: list[str], data: Any) -> None:
    size = sum(map(len, sequences))
    bits = st.lists(st.integers(0, 1), min_size=size, max_size=size)
    cds, splice = data.draw(bits), data.draw(bits)
    found = release_parquet.encode(
        pl.Series(sequences), np.array(cds, dtype=np.uint8), np.array(splice, dtype=np.uint8)
    )
    assert found.tobytes() == oracle("".join(sequences), cds, splice)


def test_label_columns_are_a_matrix(tmp_path: Path) -> None:
    columns = processed_rows(2)
    del columns["target"]
    columns |= {"target_QKI": [1, 0], "target_AQR": [None, 1]}
    release = release_parquet.read_release_parquet(write_processed(tmp_path / "a.parquet", columns))
    assert release.labels == ("QKI", "AQR")
    np.testing.assert_array_equal(release.targets, [[1, np.nan], [0, 1]])


def test_list_targets_are_a_matrix(tmp_path: Path) -> None:
    columns = processed_rows(2) | {"target": [[1.0, 0.0], [0.0, None]]}
    release = release_parquet.read_release_parquet(write_processed(tmp_path / "a.parquet", columns))
    np.testing.assert_array_equal(release.targets, [[1, 0], [0, np.nan]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cds": None}, "lacks the column 'cds'"),
        ({"target": None}, "lacks the column 'target'"),
        ({"cds": [[1], [1, 0, 0, 1]]}, "cds of row 1 is not as long as its sequence"),
        ({"splice": [[0, 0, 1], [0, 0, 0, 2]]}, "'splice' holds values other than 0 and 1"),
        ({"splice": [1, 1]}, "'splice' is Int64, not a list"),
        ({"sequence": ["ACG", ""]}, "row 2 has an empty sequence"),
        ({"target": [[1.0], [1.0, 0.0]]}, "lists of unequal or no length"),
        ({"transcript": ["T1", "T1"]}, "transcript T1 occurs more than once"),
    ],
)
def test_malformed_files_are_one_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    columns = {
        name: values for name, values in (processed_rows(2) | change).items() if values is not None
    }
    path = tmp_path / "a.parquet"
    pl.DataFrame(columns).write_parquet(path)
    with pytest.raises(OrthrusError, match=message) as error:
        release_parquet.read_release_parquet(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_without_rows(tmp_path: Path) -> None:
    path = write_processed(tmp_path / "a.parquet", {name: [] for name in processed_rows()})
    with pytest.raises(OrthrusError, match="has no rows"):
        release_parquet.read_release_parquet(path)


def test_a_file_of_another_format(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_text("gene,target\n")
    with pytest.raises(OrthrusError, match="is not a Parquet file"):
        release_parquet.read_release_parquet(path)


def test_a_sequence_that_is_no_text(tmp_path: Path) -> None:
    path = write_processed(tmp_path / "a.parquet", processed_rows(2) | {"sequence": [b"A", b"C"]})
    with pytest.raises(OrthrusError, match=r"a\.parquet: a column is of another type: ") as error:
        release_parquet.read_release_parquet(path)
    assert "\n" not in str(error.value)

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tasks_helpers import gene_store, transcript

from orthrus.config.tasks import CustomTaskSettings
from orthrus.errors import OrthrusError
from orthrus.tasks import custom
from orthrus.transcripts.store import Store


def write(folder: Path, content: str) -> Path:
    (folder / "labels.csv").write_text(content)
    return folder / "labels.csv"


def read(folder: Path, content: str, **settings: Any) -> custom.Table:
    return custom.read_labels(write(folder, content), CustomTaskSettings(**settings))


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_one_column_of_numbers_is_a_regression(tmp_path: Path, separator: str) -> None:
    table = read(tmp_path, "id,decay\nA,-0.5\nB,\nC,2\n".replace(",", separator))
    assert (table.kind, table.names, table.exclusive) == ("regression", ("decay",), False)
    assert table.ids.to_list() == ["A", "B", "C"]
    np.testing.assert_array_equal(table.targets, [[-0.5], [np.nan], [2]])


def test_columns_of_0_and_1_are_labels(tmp_path: Path) -> None:
    table = read(tmp_path, "id,x,y\nA,0,1\nB,1,1.0\nC,NA,0\n")
    assert (table.kind, table.names, table.exclusive) == ("multilabel", ("x", "y"), False)
    np.testing.assert_array_equal(table.targets, [[0, 1], [1, 1], [np.nan, 0]])
    assert read(tmp_path, "id,x\nA,0\nB,1\n").kind == "multilabel"


def test_a_column_of_words_are_classes(tmp_path: Path) -> None:
    table = read(tmp_path, "id,where\nA,nucleus\nB,cytosol\nC,\nD, nucleus\n")
    assert (table.kind, table.names, table.exclusive) == (
        "multilabel",
        ("cytosol", "nucleus"),
        True,
    )
    np.testing.assert_array_equal(table.targets, [[0, 1], [1, 0], [np.nan, np.nan], [0, 1]])


def test_columns_may_be_chosen(tmp_path: Path) -> None:
    table = read(tmp_path, "n,id,a,b\n1,A,0.5,x\n", id="id", labels=("a",))
    assert (table.ids.to_list(), table.names) == (["A"], ("a",))


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        ("id,a\nA,1\nA,2\n", {}, "A occurs more than once; keep one line of it"),
        ("id,a\nA,1\n ,2\n", {}, "line 3 has no id"),
        ("id\nA\n", {}, "has the column 'id' alone; add a column of labels"),
        ("id,a\nA,1\n", {"labels": ("b",)}, "it has no column 'b', but id, a"),
        ("id,a,b\nA,1,x\n", {}, "'b' holds words, 'x', among several columns of labels; name"),
        ("id,a,b\nA,1,2\n", {}, r"2 columns of labels are not all 0 and 1; .* custom.labels=\[a\]"),
        ("id,a\nA,1\nB,high\n", {}, "'high' in column 'a' is not a number"),
        ("id,a\n", {}, "column 'a' holds no value; fill or leave it out"),
        ("id,a,b\nA,1,\n", {}, "column 'b' holds no value; fill or leave it out"),
        ("id,a\nA,x\n", {}, "column 'a' has 1 different words; classes are 2 to 50"),
        ("id,a\n" + "".join(f"{n},w{n}\n" for n in range(51)), {}, "has 51 different words"),
    ],
)
def test_bad_tables_are_one_line(
    tmp_path: Path, content: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(OrthrusError, match=message) as error:
        read(tmp_path, content, **settings)
    assert "labels.csv: " in str(error.value)
    assert "\n" not in str(error.value)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return gene_store(
        tmp_path / "a.zarr",
        [
            transcript("ENST00000000001.1", "ENSG00000000001.4", "Abc"),
            transcript("ENST00000000002.1", "ENSG00000000001.4", "Abc", length=15),
            transcript("ENST00000000003.1", "ENSG00000000002.1", "Twin"),
            transcript("ENST00000000004.1", "ENSG00000000003.1", "TWIN"),
        ],
    )


@pytest.mark.parametrize(
    ("content", "meaning", "rows", "targets", "dropped"),
    [
        (
            "id,v\nENST00000000003,1\nENST00000000001.7,2\nENST9,3\n",
            "transcripts",
            [3, 1],
            [1, 2],
            {"unmatched": 1, "ambiguous": 0, "repeated": 0},
        ),
        (
            "id,v\nENSG00000000003.5,1\nENSG00000000001,2\nENSG00000000001.1,3\n",
            "genes",
            [4, 2],
            [1, 2],
            {"unmatched": 0, "ambiguous": 0, "repeated": 1},
        ),
        (
            "id,v\nABC,1.5\ntwin,2\nother,3\n",
            "symbols",
            [2],
            [1.5],
            {"unmatched": 1, "ambiguous": 1, "repeated": 0},
        ),
    ],
)
def test_what_identifiers_are(
    tmp_path: Path, store: Store, content: str, meaning: str, rows: list[int],
    targets: list[float], dropped: dict[str, int],
) -> None:  # fmt: skip
    made, kind = custom.measure(write(tmp_path, content), store, None, CustomTaskSettings())
    assert kind == "regression"
    assert made.facts["identifiers"] == meaning
    names = [f"ENST0000000000{row}.1" for row in rows]
    assert made.rows["transcript_id"].to_list() == names
    assert made.rows["codes"].to_list() == [bytes(store[name]) for name in names]
    assert made.targets[:, 0].tolist() == targets
    assert made.dropped == dropped


def test_identifiers_of_another_species(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path, "id,v\nENSMUSG00000000001,1\n")
    with pytest.raises(OrthrusError, match="none of 1 identifiers, such as ENSMUSG00000000001, is"):
        custom.measure(path, store, None, CustomTaskSettings())

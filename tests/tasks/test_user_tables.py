"""Tables as spreadsheets and R write them, in any locale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orthrus.config.tasks import CustomTaskSettings
from orthrus.errors import OrthrusError
from orthrus.tasks import custom, user_tables


def write(folder: Path, content: str) -> Path:
    (folder / "labels.txt").write_text(content, encoding="utf-8")
    return folder / "labels.txt"


def read(folder: Path, content: str, **settings: Any) -> custom.Table:
    return custom.read_labels(write(folder, content), CustomTaskSettings(**settings))


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("id;v\nA;0,5\nB;1,0\nC;-1,5e1\n", {"decimal": ","}),
        ('id,v\nA,"0,5"\nB,"1,0"\nC,"-15"\n', {"decimal": ","}),
        ("id\tv\nA\t0.5\nB\t1\nC\t-15\n", {}),
        ('"id"\t"v"\n"A"\t"0.5"\n"B"\t"1"\n"C"\t"-15"\n', {}),
        ('"id"\t"v"\n"A"\t0.5\n"B"\t1\n"C"\t-15\n', {}),
        ('id\tv\n"A"\t0.5\n"B"\t1\n"C"\t-15\n', {}),
        ('"id"\t"v"\n"1"\t"A"\t0.5\n"2"\t"B"\t1\n"3"\t"C"\t-15\n', {}),
        ('"","id","v"\n"1","A",0.5\n"2","B",1\n"3","C",-15\n', {}),
        ('"id" "v"\n"1" "A" 0.5\n"2" "B" 1\n"3" "C" -15\n', {}),
        ('"v"\n"A"\t0.5\n"B"\t1\n"C"\t-15\n', {}),
        ('"v"\n"A" 0.5\n"B" 1\n"C" -15\n', {}),
        ("\ufeffid;v\r\nA;0,5\r\n\r\nB;1,0\r\n  \r\nC;-15\r\n", {"decimal": ","}),
    ],
)
def test_the_same_numbers(tmp_path: Path, content: str, settings: dict[str, Any]) -> None:
    table = read(tmp_path, content, **settings)
    assert (table.kind, table.ids.to_list()) == ("regression", ["A", "B", "C"])
    np.testing.assert_array_equal(table.targets, [[0.5], [1], [-15]])


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        ("id;v\nA;0,5\nB;1,0\nC;1,5\n", {}, "line 2: '0,5' in column 'v' has a decimal comma; g"),
        ('id,v\nA,NA\n\nB,"1,5"\n', {}, "line 4: '1,5' in column 'v' has a decimal comma"),
        ("id\tv\nA\t1.5\nB\t,5\n", {}, "line 3: ',5' .* give --decimal ,"),
        ("id\tv\nA\tlow\nB\t0,5\n", {}, "line 2: 'low' in column 'v' is not a number"),
        ("id\tv\nA\t1,234.5\n", {}, "line 2: '1,234.5' .* has thousands separators; take them"),
        ("id\tv\nA\t1.234,5\n", {}, "'1.234,5' in column 'v' has thousands separators"),
        ("id\tv\nA\t1 234\n", {}, "'1 234' in column 'v' has thousands separators"),
        ("id\tv\nA\t1.234,5\n", {"decimal": ","}, "'1.234,5' .* has thousands separators"),
        ("id\tv\nA\t0,5\nB\t0.5\n", {"decimal": ","}, "'0.5' .* has a decimal point, but custom"),
        ("id\tv\tw\nA\t0,5\t1\n", {}, "'0,5' in column 'v' has a decimal comma"),
    ],
)
def test_numbers_of_another_locale_are_no_classes(
    tmp_path: Path, content: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(OrthrusError, match=message) as error:
        read(tmp_path, content, **settings)
    assert "labels.txt: line " in str(error.value)


def test_classes_may_hold_commas_and_quotes(tmp_path: Path) -> None:
    table = read(tmp_path, "id\twhere\nA\tNucleus, cytosol\nB\t5' end, \"cap\nC\tEC 1.1.1.1\n")
    assert table.names == ("5' end, \"cap", "EC 1.1.1.1", "Nucleus, cytosol")
    table = read(tmp_path, 'id,where\nA,"Nucleus, cytosol"\nB,1.1.1.1\n')
    assert table.names == ("1.1.1.1", "Nucleus, cytosol")


def test_a_column_without_name_that_does_not_count_holds_the_identifiers(tmp_path: Path) -> None:
    sheet = user_tables.read_sheet(write(tmp_path, '"","id"\n"1","A"\n"3","B"\n'))
    assert sheet.frame.columns == ["row.names", "id"]
    assert list(sheet.lines) == [2, 3]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2,3\n1,2\n", "line 2: expected 2 fields, got 3"),
        ("a,b\n1,2\n1\n", "line 3: expected 2 fields, got 1"),
        ("", "is empty"),
    ],
)
def test_bad_tables(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        user_tables.read_sheet(write(tmp_path, content))


@pytest.mark.parametrize("content", ["", "\n\n", "  \t\n", "\x1f"])
def test_a_table_without_rows_and_header(tmp_path: Path, content: str) -> None:
    with pytest.raises(OrthrusError, match=r"labels\.txt: is empty"):
        read(tmp_path, content)

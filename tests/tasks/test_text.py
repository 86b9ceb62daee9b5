from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from orthrus.errors import OrthrusError
from orthrus.tasks import text


def write(folder: Path, content: bytes) -> Path:
    (folder / "a.txt").write_bytes(content)
    return folder / "a.txt"


def test_fields_are_text_and_empty_ones_null(tmp_path: Path) -> None:
    path = write(tmp_path, b'id\t"name\n01\t"x\n2\t\n')
    assert text.read_text_columns(path).to_dict(as_series=False) == {
        "id": ["01", "2"],
        '"name': ['"x', None],
    }


def test_commas_may_be_quoted(tmp_path: Path) -> None:
    path = write(tmp_path, b'id,name\n1,"a, b"\n')
    assert text.read_text_columns(path, ",")["name"].to_list() == ["a, b"]


def test_columns_without_header_are_numbered_from_1(tmp_path: Path) -> None:
    path = write(tmp_path, b"!comment\na\tb\n")
    assert text.read_text_columns(path, header=False, comment="!").columns == [
        "column_1",
        "column_2",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b" \n", "is empty; fetch the file again"),
        (b"a\tb\n1\t2\t3\n", "is no table of text"),
        (b"a\tb\n1\t2\n1\n", "line 3: expected 2 fields, got 1"),
        (b"a\tb\n" + b"x" * 200_000 + b"\n", "line 2: field larger than field limit"),
        (b"a\tb\n\xff\t2\n", "is no table of text"),
        (b"\x80\ta\n1\t2\n", "is no table of text"),
    ],
)
def test_other_files_are_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(OrthrusError, match=message) as error:
        text.read_text_columns(write(tmp_path, content))
    assert "\n" not in str(error.value)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_TEXT", 1000)
    with pytest.raises(OrthrusError, match=r"a\.txt: has more than 1,000 bytes when decompressed"):
        text.read_text_columns(write(tmp_path, gzip.compress(b"a\tb\n" * 251)))


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert text.read_text_columns(write(tmp_path, b"a\tb\n\n1\t2\n\n"))["b"].to_list() == ["2"]


def test_numbers_and_their_gaps(tmp_path: Path) -> None:
    frame = text.read_text_columns(write(tmp_path, b"v\n 1.5\nNA\nnan\n-2e3\n"))
    assert text.numbers(frame, "v", tmp_path).to_list() == [1.5, None, None, -2000]

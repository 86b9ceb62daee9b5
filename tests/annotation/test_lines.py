import gzip
from pathlib import Path

import pytest

from orthrus.annotation.lines import Block, columns, fields, read_whole, refuse_miscounted
from orthrus.errors import OrthrusError


def test_line_numbers_survive_comments_blank_lines_and_carriage_returns() -> None:
    table = columns(Block((b"#x\n\na\tb\r\n#y\nc\td\n",)), ("one", "two"), "t")
    assert table.rows() == [(3, "a", "b", None), (5, "c", "d", None)]


@pytest.mark.parametrize("line", [b"a\tb\n", b"a\n", b"a\tb\tc\td\n", b"a\tb\tc\td\te\n"])
def test_a_line_with_another_count_of_fields_is_marked(line: bytes) -> None:
    table = columns(Block((b"a\tb\tc\n" + line,)), ("one", "two", "three"), "t")
    assert table["fault"].to_list() == [None, "columns"]


def test_quotes_and_a_missing_last_newline_are_plain_text() -> None:
    assert columns(Block((b'"a\tb"',)), ("one", "two"), "t").rows() == [(1, '"a', 'b"', None)]


def test_text_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(OrthrusError, match=r"^t: cannot be read as tab-separated UTF-8"):
        columns(Block((b"a\t\xff\n",)), ("one", "two"), "t")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(gzip.compress(b"\n\n"))
    with pytest.raises(OrthrusError, match="t: is empty; fetch or write it again"):
        read_whole(tmp_path / "t")


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(gzip.compress(bytes(range(256)) * 99)[:-20])
    with pytest.raises(OrthrusError, match="truncated or corrupt"):
        read_whole(tmp_path / "t")


def test_empty_last_fields_count() -> None:
    block = Block((b"#\n\na\t\r\nb\t", b"\t\nc\n\td"))
    assert fields(block).tolist() == [1, 1, 2, 3, 1, 2]
    table = columns(block, ("one", "two"), "t")
    with pytest.raises(OrthrusError, match=r"^t: line 4: expected 2 tab-separated fields, got 3$"):
        refuse_miscounted(table, block, 2, "t")

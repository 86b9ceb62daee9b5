from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthrus.errors import OrthrusError
from orthrus.sources.sources_lock import (
    Record,
    compare,
    difference,
    read_lock,
    read_record,
    write,
    write_record,
)

ONE = Record("a.org/x", "https://a.org/x", 10, "ab")
TWO = Record("a.org/b", "https://a.org/b", 20, "cd")
WORDS = st.text("abcdefgh./-_", min_size=1, max_size=20)
RECORDS = st.builds(Record, WORDS, WORDS, st.integers(0, 2**40), WORDS)


@given(st.lists(RECORDS, unique_by=lambda record: record.path, max_size=5))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, records: list[Record]) -> None:
    path = tmp_path_factory.mktemp("lock") / "sources.lock"
    write(records, path)
    assert sorted(read_lock(path).values(), key=str) == sorted(records, key=str)


def test_lock_is_sorted_by_path(tmp_path: Path) -> None:
    write([ONE, TWO], tmp_path / "lock")
    assert (tmp_path / "lock").read_text() == (
        "path\turl\tbytes\tsha256\n"
        "a.org/b\thttps://a.org/b\t20\tcd\n"
        "a.org/x\thttps://a.org/x\t10\tab\n"
    )


def test_difference_names_what_changed() -> None:
    assert difference(ONE, ONE) == ""
    changed = Record(ONE.path, "https://b.org/x", 11, "ab")
    assert difference(ONE, changed) == "url https://a.org/x -> https://b.org/x, bytes 10 -> 11"
    assert compare({ONE.path: ONE}, [TWO, changed]) == [f"a.org/x: {difference(ONE, changed)}"]


def test_record_round_trip(tmp_path: Path) -> None:
    write_record(ONE, tmp_path / "record.json")
    assert read_record(tmp_path / "record.json") == ONE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing\n", "is not a lock; its columns must be path, url, bytes, sha256"),
        ("path\turl\tbytes\tsha256\na\tb\tten\tc\n", "line 2: is not a record"),
        ("path\turl\tbytes\tsha256\na\tb\n", "line 2: not 4 tab-separated fields"),
        ("path\turl\tbytes\tsha256\na\tb\t1\tc\td\n", "line 2: not 4 tab-separated fields"),
        ("path\turl\tbytes\tsha256\n" + "a\tb\t1\tc\n" * 2, "line 3: lists a twice"),
        ("path\turl\tbytes\tsha256\na\tb\t-1\tc\n", "line 2: is not a record"),
        ("path\turl\tbytes\tsha256\n" + "x" * 200_000 + "\n", "line 2: not 4 tab-separated"),
    ],
)
def test_bad_locks(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "lock").write_text(text)
    with pytest.raises(OrthrusError, match=message):
        read_lock(tmp_path / "lock")


WHOLE = '{"path": %s, "url": "b", "bytes": %s, "sha256": "c"}'


@pytest.mark.parametrize(
    "text",
    [
        *("[]", "3", '{"path": "x"}', '["path", "url", "bytes", "sha256"]'),
        *(WHOLE % value for value in (("5", "1"), ('"a"', "Infinity"), ('"a\\tb"', "1"))),
    ],
)
def test_bad_records(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(OrthrusError, match=r"record.json: is not a record of path, url"):
        read_record(tmp_path / "record.json")

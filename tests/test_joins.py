"""What a join tells, and which it refuses."""

from __future__ import annotations

import polars as pl
import pytest

from orthrus.errors import OrthrusError
from orthrus.joins import Join


def join(ours: str, theirs: str) -> Join:
    return Join.of("x.tsv", "genes", pl.Series([*ours]), pl.Series([*theirs]))


def test_a_join_tells_matched_of_total(capsys: pytest.CaptureFixture[str]) -> None:
    join("abca", "bcd").check(0.5, "key", "hint")
    assert capsys.readouterr().err == "x.tsv: names 2 of 3 genes\n"


def test_the_side_with_fewer_identifiers_decides() -> None:
    assert join("abcdefghij", "a").share == 1
    assert join("a", "abcdefghij").share == 1
    assert join("ab", "axyz").share == 0.5
    assert join("ab", "").share == 0


@pytest.mark.parametrize(
    ("ours", "theirs", "message"),
    [
        ("abcd", "axyz", r"x\.tsv: names only 1 of the genes \(1 of 4, less than key = 0\.5\)"),
        ("abcd", "xy", r"x\.tsv: names none of the genes \(0 of 2, less than key = 0\.5\)"),
        ("abcd", "axyz", "which are called b, in the file x; hint, or lower key"),
    ],
)
def test_too_few_are_one_line_with_an_example_of_each_side(
    ours: str, theirs: str, message: str
) -> None:
    with pytest.raises(OrthrusError, match=message) as error:
        join(ours, theirs).check(0.5, "key", "hint")
    assert "\n" not in str(error.value)

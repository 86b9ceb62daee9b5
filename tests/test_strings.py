import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthrus.strings import filled, folded, format_expr, utf8


def made(expression: pl.Expr, *texts: str | None) -> list[str | None]:
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
    return frame.select(expression).to_series().to_list()


def test_a_template_takes_columns_and_values() -> None:
    template = format_expr("{} of {}: {}", "text", pl.lit(3), pl.col("text").str.len_bytes())
    assert made(template, "ab", "", None) == ["ab of 3: 2", " of 3: 0", None]
    with pytest.raises(ValueError, match=r"zip\(\)"):
        format_expr("{}", "text", "text")


@pytest.mark.parametrize("kept", ["0011", "1100", "0110", "0000"])
def test_a_template_takes_tables_with_empty_chunks(kept: str) -> None:
    frame = pl.concat([pl.DataFrame({"text": ["a", "b"]}), pl.DataFrame({"text": ["c", "d"]})])
    chosen = frame.filter(pl.Series([letter == "1" for letter in kept]))
    expected = [f"<{text}>" for text, letter in zip("abcd", kept, strict=True) if letter == "1"]
    assert chosen.select(format_expr("<{}>", "text")).to_series().to_list() == expected


def test_names_are_cleaned() -> None:
    assert made(filled(pl.col("text")), " Tp53 ", " ", "", None) == ["Tp53", None, None, None]
    assert made(folded(pl.col("text")), " Tp53 ", " ") == ["tp53", None]


@given(st.lists(st.text()), st.data())
def test_bytes_of_texts(texts: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(texts)))
    letters, bounds = utf8(pl.Series(texts, dtype=pl.String)[first:])
    found = [letters[left:right].tobytes().decode() for left, right in itertools.pairwise(bounds)]
    assert found == texts[first:]

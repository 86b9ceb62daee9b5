"""Texts as integers, against a dictionary."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from orthrus.relations.kernels import gather
from orthrus.relations.string_index import MISSING, Lookup, StringInterner, unknown

TEXTS = st.lists(st.none() | st.text(max_size=3))


@settings(deadline=None)  # the first call compiles
@given(st.lists(TEXTS, max_size=5))
def test_numbers_are_those_of_a_dictionary(batches: list[list[str | None]]) -> None:
    numbers = StringInterner()
    known: dict[str, int] = {}
    for batch in batches:
        found = numbers.of(pl.Series(batch, dtype=pl.String))
        expected = [MISSING if t is None else known.setdefault(t, len(known)) for t in batch]
        assert found.tolist() == expected
        assert numbers.count == len(known)


def test_numbers_stay_when_the_table_grows() -> None:
    numbers = StringInterner()
    texts = pl.Series([f"ENST{number:011}.{number % 7}" for number in range(50_000)])
    for start in range(0, len(texts), 7_000):
        part = texts[start : start + 7_000]
        assert (numbers.of(part) == start + np.arange(len(part))).all()
    assert (numbers.of(texts) == np.arange(len(texts))).all()


@settings(deadline=None)
@given(TEXTS, st.lists(TEXTS, max_size=4))
def test_lookup_is_a_dictionary_with_a_default(
    names: list[str | None], batches: list[list[str | None]]
) -> None:
    asked: list[str] = []

    def otherwise(texts: pl.Series) -> np.ndarray:
        asked.extend(texts)
        return np.array([len(text) + 1000 for text in texts], dtype=np.int32)

    values = np.arange(len(names), dtype=np.int32)
    lookup = Lookup(pl.Series(names, dtype=pl.String), values, otherwise)
    for batch in batches:
        found = lookup.find(pl.Series(batch, dtype=pl.String))
        assert found.tolist() == [
            MISSING if text is None else names.index(text) if text in names else len(text) + 1000
            for text in batch
        ]
    assert len(asked) == len(set(asked))


@settings(deadline=None)
@given(st.lists(st.text("ab\0é", max_size=40), min_size=1), st.integers(0, 3))
def test_texts_of_any_length_are_told_apart(texts: list[str], skipped: int) -> None:
    series = pl.Series(["x"] * skipped + texts)[skipped:]
    known = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    numbers = StringInterner()
    values = np.arange(10, len(known) + 11, dtype=np.int32)  # the last: of none
    none = values[-1]
    assert numbers.values_of(series, values).tolist() == [none] * len(texts)
    assert numbers.of(series).tolist() == [known[text] for text in texts]
    asked = pl.Series([None, "c", *texts[::-1]])
    assert numbers.values_of(asked, values).tolist() == [none] * 2 + [
        10 + known[t] for t in texts[::-1]
    ]


def test_what_is_missing_gathers_the_last_value() -> None:
    values, places = (np.array(numbers, dtype=np.int32) for numbers in ([7, 8, 9], [1, -1, 0]))
    gathered = np.empty(3, dtype=np.int32)
    gather(values, places, gathered)
    assert gathered.tolist() == [8, 9, 7]


def test_unknown() -> None:
    lookup = Lookup(pl.Series(["a"]), np.array([5], dtype=np.int32), unknown)
    assert lookup.find(pl.Series(["b", "a", "b"])).tolist() == [MISSING, 5, MISSING]

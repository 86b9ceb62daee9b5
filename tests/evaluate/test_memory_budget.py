from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from models_helpers import small

from orthrus.errors import OrthrusError
from orthrus.evaluate.memory_budget import PROCESS, parse_size, tokens_within
from orthrus.evaluate.transcript_inputs import Transcripts


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4G", 4_000_000_000),
        ("500m", 500_000_000),
        (" 1.5 GB", 1_500_000_000),
        ("2GiB", 2_147_483_648),
        ("12", 12),
        ("12B", 12),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-4G", "4X", "G", "4G4"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(OrthrusError, match="is not a valid size; give one such as 4G"):
        parse_size(text)


def of_lengths(*lengths: int) -> Transcripts:
    offsets = np.cumsum([0, *lengths])
    names = pl.Series([f"T{row}" for row in range(len(lengths))])
    return Transcripts(names, np.zeros(offsets[-1], dtype=np.uint8), offsets)


def test_what_remains_is_shared_by_tokens() -> None:
    encoder, transcripts = small(width=32), of_lengths(1000, 10)
    fits = tokens_within(PROCESS + 100_000_000, encoder, transcripts)
    more = tokens_within(PROCESS + 100_000_000 + 4 * 18 * 32 * 500, encoder, transcripts)
    assert more == fits + 500
    assert 40_000 < fits < 100_000_000 / (4 * 18 * 32)


def test_a_transcript_that_does_not_fit() -> None:
    with pytest.raises(OrthrusError, match=r"transcript T1 of 1,000 nt needs 0\.6 GB with this"):
        tokens_within(PROCESS, small(width=32), of_lengths(10, 1000))

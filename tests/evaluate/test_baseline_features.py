from __future__ import annotations

import math

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from orthrus.config.evaluate import FeatureSettings
from orthrus.evaluate import baseline_features
from orthrus.evaluate.transcript_inputs import Transcripts
from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN

NUCLEOTIDE = st.sampled_from([0, 1, 2, 3, UNKNOWN])
MARKS = st.sampled_from([0, CODON_START, EXON_END, CODON_START | EXON_END])
TRANSCRIPT = st.lists(st.tuples(NUCLEOTIDE, MARKS), min_size=1, max_size=12)


def transcripts(rows: list[list[tuple[int, int]]]) -> Transcripts:
    codes = [base | mark for row in rows for base, mark in row]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    names = pl.Series([f"T{at}" for at in range(len(rows))])
    return Transcripts(names, np.array(codes, dtype=np.uint8), offsets)


def oracle(row: list[tuple[int, int]], k: int, tracks: int) -> list[float]:
    """Count the features of one transcript letter by letter."""
    bases = "".join("ACGTN"[base] for base, _ in row)
    words: list[float] = []
    for size in range(1, k + 1):
        found = [bases[at : at + size] for at in range(len(bases) - size + 1)]
        known = [word for word in found if "N" not in word]
        every = [""]
        for _ in range(size):
            every = [word + base for word in every for base in "ACGT"]
        words += [known.count(word) / max(len(known), 1) for word in every]
    words.append(math.log1p(len(row)))
    if tracks == 6:
        codons = [at for at, (_, mark) in enumerate(row) if mark & CODON_START]
        start = codons[0] if codons else len(row)
        end = min(codons[-1] + 3, len(row)) if codons else len(row)
        exons = sum(1 for _, mark in row if mark & EXON_END)
        words += [math.log1p(part) for part in (start, end - start, len(row) - end, exons)]
    return words


@given(
    rows=st.lists(TRANSCRIPT, min_size=1, max_size=5),
    k=st.integers(1, 3),
    tracks=st.sampled_from([4, 6]),
)
def test_features_are_those_counted_by_hand(
    rows: list[list[tuple[int, int]]], k: int, tracks: int
) -> None:
    found = baseline_features.count(transcripts(rows), FeatureSettings(k=k, tracks=tracks))
    expected = [oracle(row, k, tracks) for row in rows]
    np.testing.assert_allclose(found, expected, rtol=1e-6)

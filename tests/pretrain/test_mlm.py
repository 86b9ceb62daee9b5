from __future__ import annotations

import math

import pytest
import torch

from orthrus.models.tracks import tracks
from orthrus.pretrain.augment import HIDDEN
from orthrus.pretrain.mlm import hidden, marked, mlm, shown
from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN

CODES = torch.tensor(
    [[0, 1 | HIDDEN, 2 | CODON_START | HIDDEN, 3 | EXON_END, UNKNOWN | CODON_START]],
    dtype=torch.uint8,
)


def test_all_tracks_or_the_nucleotide_alone_are_hidden() -> None:
    decoded = tracks(shown(CODES), 6)[0]
    tests = {"tracks": decoded.clone(), "nucleotide": decoded.clone()}
    tests["tracks"][[1, 2]] = 0
    tests["nucleotide"][[1, 2], :4] = 0
    for hides, expected in tests.items():
        assert torch.equal(tracks(hidden(CODES, hides), 6)[0], expected)
    assert tests["nucleotide"][2, 4] == 1
    assert marked(CODES).tolist() == [[False, True, True, False, False]]


def test_mlm_equals_loops() -> None:
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    codes = torch.tensor([2 | CODON_START | HIDDEN, 0, 3 | EXON_END], dtype=torch.uint8)
    expected = []
    for row, base in zip(logits.tolist(), (2, 0, 3), strict=True):
        probability = math.exp(row[base]) / sum(math.exp(value) for value in row)
        expected.append(-math.log(probability))
    assert mlm(logits, codes).tolist() == pytest.approx(expected, rel=1e-12)

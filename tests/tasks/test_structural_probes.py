from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tasks_helpers import gene_store, transcript

from orthrus.config.tasks import StructureSettings
from orthrus.errors import OrthrusError
from orthrus.tasks.labels import Measured
from orthrus.tasks.structural_probes import measure
from orthrus.transcripts.store import Store

NONE = (None, None)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    two = {"exon_starts": [0, 50], "exon_ends": [20, 70], "exon_frames": [0, 0], "tx_end": 70}
    return gene_store(
        tmp_path / "a.zarr",
        [
            transcript("T0", "G0", cds=(5, 35), length=40, biotype="protein_coding", **two),
            transcript("T1", "G1", cds=NONE, length=30, biotype="lncRNA"),
            transcript("T2", "G1", cds=(0, 9), length=9, biotype="protein_coding"),
            transcript("T3", "G2", cds=NONE, length=30, biotype="miRNA"),
            transcript("T4", None, cds=NONE, length=30),
        ],
    )


def targets(made: Measured) -> dict[str, list[float]]:
    return dict(zip(made.rows["transcript_id"], made.targets.tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cds-length", {"T0": 30, "T2": 9}),
        ("utr5-length", {"T0": 5, "T2": 0}),
        ("utr3-length", {"T0": 5, "T2": 0}),
        ("exon-count", {"T0": 2, "T1": 1, "T2": 1, "T3": 1, "T4": 1}),
    ],
)
def test_numbers(store: Store, name: str, expected: dict[str, int]) -> None:
    made = measure(name, store, StructureSettings())
    found = {key: [round(2**value - 1, 6) for value in row] for key, row in targets(made).items()}
    assert found == {key: [number] for key, number in expected.items()}
    assert made.dropped == {"not_coding": 5 - len(expected)}
    assert made.rows["codes"].to_list() == [bytes(store[key]) for key in expected]


def test_biotypes(store: Store) -> None:
    made = measure("biotype", store, StructureSettings())
    assert made.names == ("protein_coding", "lncRNA", "miRNA")
    assert targets(made) == {"T0": [1, 0, 0], "T1": [0, 1, 0], "T2": [1, 0, 0], "T3": [0, 0, 1]}
    assert made.dropped == {"no_biotype": 1, "rare_biotype": 0}
    assert made.facts["exclusive"]


def test_rare_biotypes_are_left_out(store: Store) -> None:
    made = measure("biotype", store, StructureSettings(biotypes=2))
    assert made.names == ("protein_coding", "lncRNA")
    assert made.dropped == {"no_biotype": 1, "rare_biotype": 1}
    np.testing.assert_array_equal(made.targets.sum(axis=1), 1)


def test_a_transcript_without_gene_is_its_own(store: Store) -> None:
    rows = measure("exon-count", store, StructureSettings()).rows
    assert rows["gene_id"].to_list() == ["G0", "G1", "G1", "G2", "T4"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cds-length", "no transcript is coding; cds-length cannot be measured"),
        ("biotype", "has 1 biotypes, nothing to tell apart"),
    ],
)
def test_nothing_to_measure(tmp_path: Path, name: str, message: str) -> None:
    rows = [transcript(f"T{at}", "G", cds=NONE, biotype="lncRNA") for at in range(3)]
    with pytest.raises(OrthrusError, match=message):
        measure(name, gene_store(tmp_path / "b.zarr", rows), StructureSettings())

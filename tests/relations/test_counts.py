"""Exact pair counts against enumeration."""

from __future__ import annotations

from typing import Any

import relations_oracle as oracle
from hypothesis import given, settings
from relations_helpers import CLADE, relations_of, transcript

from orthrus.relations.counts import count
from orthrus.relations.pair_kinds import DATASETS


def test_clade() -> None:
    counts = count(relations_of(CLADE))
    datasets = counts["datasets"]
    # TP53: 2 human isoforms and 1 mouse isoform with 2 projections; another gene: 1 with 1.
    assert datasets["splice and ortholog"]["by_kind"] == {"splice": 2, "naive": 4, "ortholog": 7}
    assert datasets["ortholog"]["by_kind"] == {"ortholog": 3}
    assert datasets["splice"]["by_kind"] == {"splice": 2, "naive": 4}
    assert datasets["none"]["pairs"] == 0
    assert [datasets[name]["transcripts"] for name in DATASETS] == [8, 8, 5, 5]
    assert (counts["groups"], counts["reference_transcripts"], counts["projections"]) == (3, 5, 3)
    assert counts["projections_without_reference"] == 0


def test_length_classes_as_published() -> None:
    world = [
        transcript("hg38.a", str(length), gene_name="A", length=length)
        for length in (3899, 3900, 12287, 12288)
    ]
    classes = count(relations_of(world))["datasets"]["splice"]["by_length_class"]
    nothing = {"splice": 0, "naive": 0}
    # The short base has no short partner: it is dropped, not moved to the long class.
    assert classes["short"] == {
        "bases": 1,
        "bases_without_pairs": 1,
        "pairs": 0,
        "by_kind": nothing,
    }
    assert classes["long"] == {
        "bases": 2,
        "bases_without_pairs": 0,
        "pairs": 4,
        "by_kind": {"splice": 4, "naive": 0},
    }
    assert classes["longer"] == {"bases": 1}


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(oracle.worlds())
def test_counts_are_those_of_the_oracle(world: list[dict[str, Any]]) -> None:
    for cross_species in ("symbol", "none"):
        counts = count(relations_of(world, cross_species=cross_species))
        for name, kinds in DATASETS.items():
            assert counts["datasets"][name] == oracle.counts(world, kinds, cross_species)


def test_counts_beyond_32_bits() -> None:
    world = [transcript("hg38.a", str(n), gene_name="A") for n in range(70_000)]
    pairs = count(relations_of(world))["datasets"]["splice"]["pairs"]
    assert pairs == 70_000 * 69_999

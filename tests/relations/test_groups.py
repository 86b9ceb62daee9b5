"""Gene groups: every rule on a literal world."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from relations_helpers import CLADE, grouped, transcript

from orthrus.config.relations import CrossSpecies
from orthrus.errors import OrthrusError

HUMAN, MOUSE, DOG = "hg38.gencode_v43", "mm10.ncbirefseq", "canFam4.toga_hg38"


def groups(world: list[dict[str, Any]], cross_species: CrossSpecies = "symbol") -> list[int]:
    return grouped(world, cross_species).group.tolist()


def references(world: list[dict[str, Any]]) -> list[int]:
    return grouped(world).reference_row.tolist()


def test_clade() -> None:
    assert groups(CLADE) == [0, 0, 1, 0, 2, 0, 1, 0]
    assert references(CLADE) == [-1] * 5 + [0, 2, 3]
    assert grouped(CLADE).length.tolist() == [row["length"] for row in CLADE]


def test_symbols_stay_within_the_species_unless_they_meet_there() -> None:
    assert groups(CLADE, "none") == [0, 0, 1, 2, 3, 0, 1, 2]


@pytest.mark.parametrize("symbol", [None, "", " "])
def test_empty_symbols_are_never_pooled(symbol: str | None) -> None:
    world = [transcript(HUMAN, name, gene_name=symbol) for name in "ab"]
    assert groups(world) == [0, 1]


def test_gene_ids_are_not_pooled_across_species_and_lose_their_version() -> None:
    world = [
        transcript(HUMAN, "a", gene_id="ENSG00000000001.1"),
        transcript(HUMAN, "b", gene_id="ENSG00000000001.2"),
        transcript(MOUSE, "c", gene_id="ENSG00000000001.1"),
    ]
    assert groups(world) == [0, 0, 1]


def test_a_symbol_that_equals_a_gene_id_is_another_gene() -> None:
    world = [transcript(HUMAN, "a", gene_name="x"), transcript(HUMAN, "b", gene_id="x")]
    assert groups(world) == [0, 1]


@pytest.mark.parametrize(
    ("reference", "projected", "found"),
    [
        ("ENST00000344327.5", "ENST00000344327", True),
        ("ENST00000344327", "ENST00000344327.5", True),
        ("ENST00000344327.5.1", "ENST00000344327.5", True),
        ("ENSMUST00000000001.5", "ENSMUST00000000001", True),
        ("NM_003834.3", "NM_003834", True),
        ("XR_003834.3", "XR_003834", True),
        ("Y74C9A.2a.1", "Y74C9A.2a", False),
        ("Y74C9A.2a.1", "Y74C9A.2a.1", True),
        ("canFam4_jg1.t1", "canFam4_jg1", False),
    ],
)
def test_versions_of_reference_transcripts(reference: str, projected: str, found: bool) -> None:
    world = [
        transcript(HUMAN, reference, gene_name="A"),
        transcript(DOG, "p", reference_transcript=projected),
    ]
    assert references(world) == [-1, 0 if found else -1]


def test_of_several_reference_sets_the_one_that_has_the_id_wins() -> None:
    world = [
        transcript("hg38.ncbirefseq", "NM_000001.1", gene_name="A"),
        transcript(HUMAN, "ENST00000000001.1", gene_name="B"),
        transcript(MOUSE, "NM_000009.1", gene_name="C"),
        transcript(DOG, "p", reference_transcript="ENST00000000001"),
        transcript(DOG, "q", reference_transcript="NM_000001"),
        transcript(DOG, "r", reference_transcript="NM_000009"),
    ]
    assert references(world) == [-1, -1, -1, 1, 0, -1]


def test_an_exact_id_wins_over_an_earlier_one_without_version() -> None:
    world = [
        transcript("hg38.a", "NM_000001.1"),
        transcript("hg38.b", "NM_000001.2"),
        transcript(DOG, "p", reference_transcript="NM_000001.2"),
        transcript(DOG, "q", reference_transcript="NM_000001"),
    ]
    assert references(world) == [-1, -1, 1, 0]


def test_projections_without_reference_transcript_fall_back_on_their_gene() -> None:
    world = [
        transcript(HUMAN, "a", gene_id="ENSG00000000001.4", gene_name="NEW"),
        transcript(HUMAN, "b", gene_name="B"),
        transcript(DOG, "p", gene_id="ENSG00000000001", gene_name="OLD"),
        transcript(DOG, "q", gene_name="b"),
        transcript(DOG, "r", reference_transcript="ENST00000000009"),
        transcript("bosTau9.toga_hg38", "r", reference_transcript="ENST00000000009.2"),
        transcript("bosTau9.toga_mm10", "s", reference_transcript="ENST00000000009"),
        transcript(DOG, "t"),
        transcript(DOG, "u"),
    ]
    assert groups(world) == [0, 1, 0, 1, 2, 2, 3, 4, 5]
    assert groups(world, "none") == [0, 1, 0, 1, 2, 2, 3, 4, 5]


def test_a_projection_belongs_to_the_species_of_its_reference() -> None:
    world = [
        transcript(MOUSE, "a", gene_name="B"),
        transcript(HUMAN, "b", gene_name="B"),
        transcript(DOG, "p", gene_name="B"),
        transcript("canFam4.toga_rn6", "q", gene_name="B"),
    ]
    assert groups(world, "none") == [0, 1, 1, 2]


def test_a_toga_set_must_name_its_reference() -> None:
    world = [transcript("canFam4.projections", "p", origin="toga")]
    with pytest.raises(OrthrusError, match=r"annotation set canFam4.projections: .* not named"):
        grouped(world)


def test_real_projections_find_their_reference_transcripts(real_data: Path) -> None:
    ucsc = real_data / "mirror/hgdownload.soe.ucsc.edu/goldenPath/hg38/database"
    refseq = pl.read_csv(ucsc / "ncbiRefSeq.txt.gz", separator="\t", has_header=False)
    names, symbols = refseq.to_series(1), refseq.to_series(12)
    world = [
        transcript("hg38.ncbirefseq", name, gene_name=symbol)
        for name, symbol in zip(names, symbols, strict=True)
    ]
    toga = real_data / "mirror/genome.senckenberg.de/download/TOGA/human_hg38_reference"
    for path in sorted(toga.glob("*/*/geneAnnotation.bed.gz")):
        query = path.parent.name.rpartition("__")[2]
        bed = pl.read_csv(path, separator="\t", has_header=False)
        for name in bed.to_series(3):
            source = name.rpartition(".")[0]
            world.append(transcript(f"{query}.toga_hg38", name, reference_transcript=source))
    found = np.array(references(world))
    projections = np.array([row["origin"] == "toga" for row in world])
    assert projections.sum() == 90
    assert (found[projections] >= 0).all()
    assert (found[~projections] == -1).all()
    for row, source in enumerate(found):
        if source >= 0:
            name = re.sub(r"\.\d+$", "", world[source]["transcript_id"])
            assert name == world[row]["reference_transcript"]
    assert len(set(found[projections])) == 14

"""Which transcripts of a species are of one gene: ids, symbols, tables without genes."""

from __future__ import annotations

from pathlib import Path

import pytest
from relations_helpers import CLADE, tables_of, transcript, write_world
from typer.testing import CliRunner

from orthrus.files import read_json
from orthrus.relations.cli import app

HUMAN, MOUSE, DOG = "hg38.gencode_v43", "mm10.gencode_vM23", "canFam4.toga_hg38"
Y_RNA = [
    transcript(HUMAN, "a", gene_id="ENSG00000000001.1", gene_name="Y_RNA"),
    transcript(HUMAN, "b", gene_id="ENSG00000000002.1", gene_name="Y_RNA"),
    transcript(HUMAN, "c", gene_id="ENSG00000000002.7", gene_name="y_rna"),
    transcript(HUMAN, "d", gene_name="Y_RNA"),
    transcript(MOUSE, "e", gene_id="ENSMUSG00000000001.1", gene_name="Y_RNA"),
]


def groups(world: list[dict[str, object]], **settings: object) -> list[int]:
    return tables_of(world, **settings).corpus["group"].to_list()


@pytest.mark.parametrize("cross_species", ["symbol", "none"])
def test_a_symbol_of_two_genes_joins_nothing(cross_species: str) -> None:
    assert groups(Y_RNA, cross_species=cross_species) == [0, 1, 1, 2, 3]


def test_symbols_pool_as_published() -> None:
    assert groups(Y_RNA, within_species="symbol") == [0, 0, 0, 0, 0]
    assert groups(Y_RNA, within_species="symbol", cross_species="none") == [0, 0, 0, 0, 1]


def test_a_transcript_without_id_is_of_its_symbols_only_gene() -> None:
    world = [
        transcript(HUMAN, "a", gene_id="ENSG00000000001.1", gene_name="TP53"),
        transcript("hg38.ncbirefseq", "NM_1.1", gene_name="tp53"),
        transcript(MOUSE, "c", gene_id="ENSMUSG00000000001", gene_name="Tp53"),
    ]
    assert groups(world) == [0, 0, 0]
    assert groups(world, cross_species="none") == [0, 0, 1]


def test_a_gene_goes_by_its_first_symbol_that_is_not_shared() -> None:
    world = [
        transcript(HUMAN, "a", gene_id="G1", gene_name="Y_RNA"),
        transcript(HUMAN, "b", gene_id="G1", gene_name="A"),
        transcript(HUMAN, "c", gene_id="G2", gene_name="Y_RNA"),
        transcript(MOUSE, "d", gene_id="G3", gene_name="A"),
    ]
    assert groups(world) == [0, 0, 1, 0]


def test_ids_of_a_lifted_annotation(tmp_path: Path) -> None:
    world = [
        transcript("hg19.lift37", "ENST00000000001.3_2", gene_id="ENSG00000169627.9_11"),
        transcript("hg19.lift37", "ENST00000000002.1_1", gene_id="ENSG00000169627.9_12"),
        transcript("hg19.lift37", "ENST00000000003.1", gene_id="ENSG00000169627.9_PAR_Y"),
    ]
    assert groups(world) == [0, 0, 1]


@pytest.mark.parametrize(
    ("stored", "projected"),
    [
        ("XM_990001.1", "rna-XM_990001.1"),
        ("rna-XM_990001.2", "XM_990001"),
        ("ENST00000344327.3_2", "transcript:ENST00000344327"),
        ("Transcript:Y1A1.3.1", "Y1A1.3.1"),
    ],
)
def test_projections_find_their_transcript_however_it_is_written(
    stored: str, projected: str
) -> None:
    world = [transcript(HUMAN, stored), transcript(DOG, "p", reference_transcript=projected)]
    assert tables_of(world).corpus["reference_row"].to_list() == [-1, 0]


def test_projections_of_a_shared_symbol() -> None:
    world = [
        *Y_RNA[:2],
        transcript(DOG, "p", gene_name="Y_RNA", gene_id="ENSG00000000002"),
        transcript(DOG, "q", gene_name="Y_RNA", reference_transcript="gone"),
        transcript(DOG, "r", gene_name="Y_RNA"),
    ]
    assert groups(world) == [0, 1, 1, 2, 3]


def build(folder: Path, world: list[dict[str, object]], *settings: str) -> tuple[str, Path]:
    stores = [str(path) for path in write_world(folder, world)]
    chosen = [word for one in settings for word in ("--set", one)]
    arguments = ["build", *stores, "-o", str(folder / "out"), *chosen]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    return result.stderr, folder / "out"


def test_pooled_ids_are_reported(tmp_path: Path) -> None:
    said, out = build(tmp_path, Y_RNA, "within_species=symbol")
    assert "2 gene ids share a group with another gene id of their species" in said
    assert read_json(out / "counts.json")["pooled_gene_ids"] == 2
    said, out = build(tmp_path, Y_RNA)
    assert "1 symbols have several gene ids in one species (y_rna); their genes stay apart" in said
    assert read_json(out / "counts.json")["pooled_gene_ids"] == 0


@pytest.mark.parametrize(
    ("gene", "why"),
    [
        ("{}", "the gene_id of 4 of 4 transcripts repeats their transcript_id, so they have no"),
        ("rna-{}", "the gene_id of 4 of 4 transcripts repeats their transcript_id"),
        (None, "4 of 4 transcripts have neither gene_id nor gene name"),
    ],
)
def test_why_there_are_no_pairs(tmp_path: Path, gene: str | None, why: str) -> None:
    world = [
        transcript(HUMAN, f"NM_00000{n}.1", gene_id=gene and gene.format(f"NM_00000{n}.1"))
        for n in range(4)
    ]
    said, out = build(tmp_path, world)
    assert f"{HUMAN}: {why}" in said
    assert "4 gene groups, 0 positive pairs" in said
    counted = CliRunner().invoke(app, ["count", str(out)], catch_exceptions=False)
    assert f"{HUMAN}: {why}" in counted.stderr


def test_symbols_make_up_for_ids_that_repeat_the_transcripts() -> None:
    world = [transcript(HUMAN, name, gene_id=name, gene_name="A") for name in "abc"]
    assert groups(world) == [0, 0, 0]


def test_projections_of_no_reference_gene_are_told(tmp_path: Path) -> None:
    lost = [transcript(DOG, f"{n}", reference_transcript=f"ENST9{n}") for n in range(19)]
    found = transcript(DOG, "p", reference_transcript="ENST00000000001")
    said, _ = build(tmp_path, [*CLADE[:5], found, *lost])
    told = "TOGA projections from hg38: 1 of 20 have their reference transcript, 1 a reference gene"
    assert told in said

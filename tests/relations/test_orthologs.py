"""Groups of two species joined by a table of orthologs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from relations_helpers import CLADE, as_tables, transcript, write_world
from typer.testing import CliRunner

from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.relations.build import tabulate
from orthrus.relations.cli import app
from orthrus.relations.orthologs import read_orthologs

HEADER = "Gene stable ID\tGene name\tMouse gene name\tMouse gene stable ID\tMouse homology type\n"
ROWS = (
    "ENSG00000000001.3\tA\tAa\tENSMUSG00000000001\tortholog_one2one\n"
    "ENSG00000000002\tB\tBb\tENSMUSG00000000002\tortholog_one2many\n"
    "ENSG00000000002\tB\tBc\tENSMUSG00000000003\tortholog_one2many\n"
    "ENSG00000000009\tSYM\tMys\tENSMUSG00000000009\tortholog_one2one\n"
    "ENSG00000000004\tD\t\t\t\n"
)
HUMAN, MOUSE, DOG = "hg38.a", "mm10.a", "canFam4.toga_mm10"
WORLD = [
    transcript(HUMAN, "a", gene_id="ENSG00000000001.1", gene_name="A"),
    transcript(HUMAN, "b", gene_id="ENSG00000000002.1"),
    transcript(HUMAN, "c", gene_name="sym"),
    transcript(HUMAN, "d", gene_name="Aa"),
    transcript(MOUSE, "e", gene_id="ENSMUSG00000000001.1", gene_name="Aa"),
    transcript(MOUSE, "f", gene_id="ENSMUSG00000000002.1"),
    transcript(MOUSE, "g", gene_id="ENSMUSG00000000003.1"),
    transcript(MOUSE, "h", gene_name="MYS"),
    transcript(DOG, "p", reference_transcript="e"),
    transcript(DOG, "q", gene_id="ENSMUSG00000000003"),
]


def write(folder: Path, text: str) -> Path:
    path = folder / "orthologs.tsv"
    path.write_text(text)
    return path


def groups(path: Path, world: list[dict[str, Any]] = WORLD, **settings: Any) -> list[int]:
    wanted = GroupSettings(cross_species="orthologs", **settings)
    built = tabulate(as_tables(world), wanted, read_orthologs(path, wanted))
    return built.corpus["group"].to_list()


def test_one2one(tmp_path: Path) -> None:
    # By id: a and e; by symbol: c and h. The same symbol in both species (d, e) joins nothing.
    assert groups(write(tmp_path, HEADER + ROWS)) == [0, 1, 2, 3, 0, 4, 5, 2, 0, 5]


def test_all_types(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + ROWS)
    assert groups(path, orthologs="all") == [0, 1, 2, 3, 0, 1, 1, 2, 0, 1]


def test_assemblies_are_a_setting(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + ROWS)
    with pytest.raises(OrthrusError, match=r"none of 2 ortholog pairs is of a gene of rn6 and one"):
        groups(path, ortholog_assemblies=("rn6", "mm10"))


def test_the_real_table(real_data: Path) -> None:
    path = real_data / "mirror/www.ensembl.org/biomart/human_mouse_orthologs.tsv.gz"
    assert len(read_orthologs(path, GroupSettings()).pairs) == 17_122
    assert len(read_orthologs(path, GroupSettings(orthologs="all")).pairs) == 26_360
    world = [
        transcript(HUMAN, "a", gene_id="ENSG00000141510.18"),
        transcript(MOUSE, "b", gene_id="ENSMUSG00000059552.14"),
        transcript(MOUSE, "c", gene_id="ENSMUSG00000000001.5"),
    ]
    assert groups(path, world) == [0, 0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\n", "not a BioMart table of orthologs"),
        (HEADER, r"holds no ortholog pair \(orthologs=one2one\)"),
        (HEADER + "Query ERROR: x\t\t\t\t\n", "line 2: BioMart answers 'Query ERROR: x'"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        read_orthologs(write(tmp_path, text), GroupSettings())


def test_command(tmp_path: Path) -> None:
    stores = [str(path) for path in write_world(tmp_path, WORLD)]
    command = ["build", *stores, "-o", str(tmp_path / "out"), "--set", "cross_species=orthologs"]
    table = str(write(tmp_path, HEADER + ROWS))
    result = CliRunner().invoke(app, [*command, "--orthologs", table])
    assert result.exit_code == 0
    assert "6 gene groups" in result.stderr


def test_the_table_goes_with_the_setting(tmp_path: Path) -> None:
    stores = [str(path) for path in write_world(tmp_path, CLADE)]
    command = ["build", *stores, "-o", str(tmp_path / "out")]
    for more, message in (
        (
            ["--set", "cross_species=orthologs"],
            "cross_species=orthologs, but no table of orthologs is given",
        ),
        (["--orthologs", "x.tsv"], r"cross_species=symbol, but x\.tsv is given"),
    ):
        result = CliRunner().invoke(app, [*command, *more])
        with pytest.raises(OrthrusError, match=message):
            raise result.exception or AssertionError

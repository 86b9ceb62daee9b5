"""Homology groups against Algorithm 1 of the paper, and on the real human table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from relations_helpers import transcript, write_world
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.config.relations import HomologySettings
from orthrus.errors import OrthrusError
from orthrus.relations.cli import app
from orthrus.relations.homology import build_homology, components

HEADER = (
    "Gene stable ID\tGene name\tHuman paralogue gene stable ID\t"
    "Human paralogue associated gene name"
)
BOTH = (
    "\tParalogue %id. target Human gene identical to query gene"
    "\tParalogue %id. query gene identical to target Human gene"
)
PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)))


def algorithm_1(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """The paper, Algorithm 1, line by line (after the filter)."""
    group_counter = 0
    homology_map: dict[int, int] = {}
    for g1, g2 in pairs:
        if g1 not in homology_map and g2 not in homology_map:
            homology_map[g1] = group_counter
            homology_map[g2] = group_counter
            group_counter += 1
        elif g1 in homology_map and g2 not in homology_map:
            homology_map[g2] = homology_map[g1]
        elif g2 in homology_map and g1 not in homology_map:
            homology_map[g1] = homology_map[g2]
        elif homology_map[g1] != homology_map[g2]:
            old_group = homology_map[g2]
            new_group = homology_map[g1]
            for gene in homology_map:
                if homology_map[gene] == old_group:
                    homology_map[gene] = new_group
    return homology_map


@given(PAIRS)
def test_components_are_the_groups_of_algorithm_1(pairs: list[tuple[int, int]]) -> None:
    groups = components(np.array(pairs, dtype=np.int64).reshape(-1, 2), 12)
    expected = algorithm_1(pairs)
    for one in range(12):
        for other in range(12):
            together = one == other or (
                one in expected and other in expected and expected[one] == expected[other]
            )
            assert (groups[one] == groups[other]) == together
    first = list(dict.fromkeys(groups.tolist()))
    assert first == list(range(len(first)))


def write(folder: Path, lines: list[str], identities: bool = True) -> Path:
    path = folder / "paralogs.tsv"
    path.write_text("\n".join([HEADER + BOTH * identities, *lines]) + "\n")
    return path


def groups(folder: Path, lines: list[str], **settings: object) -> list[tuple[str, str | None, int]]:
    stores = write_world(folder, [transcript("hg38.a", "t", gene_id="b.1", gene_name="B")])
    table = build_homology(
        write(folder, lines), stores, folder / "homology.parquet", HomologySettings(**settings)
    )
    assert schemas.read_table(folder / "homology.parquet", schemas.HOMOLOGY).equals(table)
    assert table["species"].unique().to_list() == ["Homo sapiens"]
    return table.drop("species").rows()


def test_self_pairs_and_empty_paralogs_join_nothing(tmp_path: Path) -> None:
    lines = ["c\tC\tc\tC\t99\t99", "d\tD\t\t\t\t", "e\tE\ta\t\t36\t36"]
    assert groups(tmp_path, lines) == [
        ("a", None, 0), ("b.1", "B", 1), ("c", "C", 2), ("d", "D", 3), ("e", "E", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "query", "accepted"),
    [
        ("36", "20", {"target", "max"}),
        ("20", "36", {"query", "max"}),
        ("35", "35", set()),
        ("35.01", "35", {"target", "max", "mean"}),
        ("90", "10", {"target", "max", "mean"}),
        ("36", "36", {"target", "query", "max", "min", "mean"}),
    ],
)
def test_which_identity_counts(tmp_path: Path, target: str, query: str, accepted: set[str]) -> None:
    for identity in ("target", "query", "max", "min", "mean"):
        found = groups(tmp_path, [f"x\tX\ty\tY\t{target}\t{query}"], identity=identity)
        assert (found[1][2] == found[2][2]) == (identity in accepted)


def test_missing_identity(tmp_path: Path) -> None:
    lines = ["x\tX\ty\tY\t36\t40", "x\tX\tz\tZ\t\t10"]
    message = r"paralogs\.tsv: 1 of 2 pairs have no target identity, the first x and z"
    with pytest.raises(OrthrusError, match=message):
        groups(tmp_path, lines, identity="target")
    accepted = groups(tmp_path, lines, identity="target", identity_missing="accept")
    assert [group for *_, group in accepted] == [0, 1, 1, 1]
    assert [group for *_, group in groups(tmp_path, lines, identity="max")] == [0, 1, 1, 2]


def test_versions_symbols_and_names(tmp_path: Path) -> None:
    stores = write_world(
        tmp_path,
        [
            transcript("hg38.a", "1", gene_id="ENSG00000000001.7", gene_name="store's"),
            transcript("hg38.a", "2", gene_id="ENSG00000000009.7", gene_name="NINE"),
            transcript("hg38.refseq", "3", gene_name="one"),
            transcript("hg38.refseq", "4", gene_name="ALONE"),
            transcript("hg38.refseq", "5"),
        ],
    )
    lines = ["ENSG00000000001.3\tONE\tENSG00000000002.1\tTWO\t50\t50"]
    table = build_homology(write(tmp_path, lines), stores, tmp_path / "h", HomologySettings())
    assert table.drop("species").rows() == [
        ("ALONE", "ALONE", 0),
        ("ENSG00000000001", "ONE", 1),
        ("ENSG00000000002", "TWO", 1),
        ("ENSG00000000009", "NINE", 2),
    ]


def test_stores_of_two_species(tmp_path: Path) -> None:
    rows = [transcript(f"{assembly}.a", assembly, gene_id="g") for assembly in ("hg38", "mm10")]
    with pytest.raises(
        OrthrusError, match=r"stores of another species \(Homo sapiens, Mus musculus\); give those"
    ):
        build_homology(
            write(tmp_path, []), write_world(tmp_path, rows), tmp_path / "h", HomologySettings()
        )


def test_command_on_the_real_human_table(real_data: Path, tmp_path: Path) -> None:
    store = write_world(tmp_path, [transcript("hg38.a", "t", gene_id="ENSG99999999999.1")])[0]
    paralogs = real_data / "mirror/www.ensembl.org/biomart/human_paralogs.tsv.gz"
    path = tmp_path / "homology.parquet"
    arguments = ["homology", str(paralogs), str(store), "-o", str(path)]
    refused = CliRunner().invoke(app, arguments)
    with pytest.raises(OrthrusError, match="pairs have no max identity"):
        raise refused.exception or AssertionError
    assert not path.exists()
    assert CliRunner().invoke(app, [*arguments, "--set", "identity_missing=accept"]).exit_code == 0
    table = pl.read_parquet(path)
    group = dict(table.select("gene_id", "group").iter_rows())
    # TSPAN6 and CD9; HBA1 and HBB
    assert group["ENSG00000000003"] == group["ENSG00000010278"]
    assert group["ENSG00000206172"] == group["ENSG00000244734"]
    assert group["ENSG00000000003"] != group["ENSG00000206172"]
    assert table.filter(pl.col("group") == group["ENSG99999999999"]).height == 1


def refuse(folder: Path, genes: list[str], lines: list[str], message: str) -> None:
    stores = write_world(folder, [transcript("hg38.a", gene, gene_id=gene) for gene in genes])
    with pytest.raises(OrthrusError, match=message) as error:
        build_homology(write(folder, lines), stores, folder / "h", HomologySettings())
    assert "relations.homology.min_matched = 0.1" in str(error.value)
    assert not (folder / "h").exists()


HUMAN_GENES = [f"ENSG{number:011}.1" for number in range(40)]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("ENSMUSG{:011}", "names none of the genes .* called ENSG00000000000, in the file ENSMUS"),
        ("{}", "names none of the genes"),
        ("rna-XR_{}.1", "names none of the genes"),
    ],
)
def test_paralogs_of_other_genes_are_refused(tmp_path: Path, other: str, message: str) -> None:
    lines = [f"{other.format(n)}\tX\t{other.format(n + 1)}\tY\t50\t50" for n in range(40)]
    refuse(tmp_path, HUMAN_GENES, lines, message)


def test_few_matches_are_refused(tmp_path: Path) -> None:
    lines = [f"ENSG{n:011}\tX\tENSG{n + 1:011}\tY\t50\t50" for n in range(38, 78)]
    refuse(tmp_path, HUMAN_GENES, lines, r"names only 2 of the genes \(2 of 40, less than")


def test_the_ids_of_a_lifted_annotation_find_their_paralogs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    genes = [f"{gene}_{number}" for number, gene in enumerate(HUMAN_GENES, start=1)]
    stores = write_world(tmp_path, [transcript("hg19.a", gene, gene_id=gene) for gene in genes])
    lines = [f"ENSG{n:011}\tX\tENSG{n + 1:011}\tY\t50\t50" for n in range(39)]
    table = build_homology(write(tmp_path, lines), stores, tmp_path / "h", HomologySettings())
    assert (len(table), table["group"].n_unique()) == (40, 1)
    assert "paralogs.tsv: names 40 of 40 genes" in capsys.readouterr().err


def test_a_species_without_paralogs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stores = write_world(tmp_path, [transcript("hg38.a", gene, gene_id=gene) for gene in "abc"])
    table = build_homology(write(tmp_path, []), stores, tmp_path / "h", HomologySettings())
    assert table["group"].to_list() == [0, 1, 2]
    assert "holds no paralogs, so every gene is a homology group of its own" in (
        capsys.readouterr().err
    )

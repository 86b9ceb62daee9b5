"""The layout of CORPUS, GROUPS and MEMBERS, and the command that writes them."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any
from unittest import mock

import polars as pl
import pytest
import relations_oracle as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from relations_helpers import CLADE, tables_of, transcript, write_world
from typer.testing import CliRunner

from orthrus import schemas
from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.relations import groups, threads
from orthrus.relations.build import build_relations
from orthrus.relations.cli import app

run = CliRunner().invoke


def test_clade() -> None:
    built = tables_of(CLADE)
    assert built.groups.rows() == [
        (0, "TP53", 0, 3, 5, 7),
        (1, "ENSG00000000003.1", 3, 4, 7, 8),
        (2, "NM_000002.1", 4, 5, 8, 8),
    ]
    assert built.members["row"].to_list() == [0, 1, 3, 2, 4, 5, 7, 6]
    corpus = built.corpus
    assert corpus["length_class"].to_list() == [0, 0, 1, 0, 2, 0, 0, 0]
    assert corpus["reference_row"].to_list() == [-1] * 5 + [0, 2, 3]
    assert built.sets.drop("digest").rows() == [
        ("hg38.gencode_v43", "hg38", "Homo sapiens", "annotation", 0, 3),
        ("mm10.ncbirefseq", "mm10", "Mus musculus", "annotation", 3, 5),
        ("canFam4.toga_hg38", "canFam4", "Canis lupus familiaris", "toga", 5, 7),
        ("canFam4.toga_mm10", "canFam4", "Canis lupus familiaris", "toga", 7, 8),
    ]


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(oracle.worlds(), st.sampled_from([0, groups.BATCH]))
def test_groups_are_those_of_the_oracle(world: list[dict[str, Any]], batch: int) -> None:
    for cross_species, within in product(("symbol", "none"), ("gene_id", "symbol")):
        with mock.patch.object(groups, "BATCH", batch):
            built = tables_of(world, cross_species=cross_species, within_species=within)
        for name in ("sets", "corpus", "groups", "members"):
            schemas.check(getattr(built, name), getattr(schemas, name.upper()))
        keys, parents = oracle.keys(world, cross_species, within)
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        assert built.corpus["group"].to_list() == [numbers[key] for key in keys]
        found = [None if row < 0 else row for row in built.corpus["reference_row"]]
        assert found == parents
        classes = built.corpus["length_class"].to_list()
        assert classes == [oracle.length_class(row) for row in world]
        members = built.members["row"].to_list()
        for group, _, start, end, toga_start, toga_end in built.groups.rows():
            rows = [row for row, key in enumerate(keys) if numbers[key] == group]
            references = [row for row in rows if world[row]["origin"] == "annotation"]
            references.sort(key=lambda row: (world[row]["species"], row))
            assert members[start:end] == references
            projections = [row for row in rows if world[row]["origin"] == "toga"]
            projections.sort(key=lambda row: (classes[row], row))
            assert members[toga_start:toga_end] == projections


def test_what_people_call_a_group() -> None:
    world = [
        transcript("canFam4.toga_hg38", "p", gene_name="B", reference_transcript="b"),
        transcript("canFam4.toga_hg38", "q", gene_name="C"),
        transcript("canFam4.toga_hg38", "r", reference_transcript="lost"),
        transcript("canFam4.toga_hg38", "s"),
        transcript("hg38.a", "b", gene_name="b"),
        transcript("hg38.a", "c", gene_id="G.1"),
        transcript("hg38.a", "d"),
    ]
    names = tables_of(world).groups["name"].to_list()
    assert names == ["b", "C", "lost", "a projection of canFam4.toga_hg38", "G.1", "d"]


def test_command_writes_the_tables_beside_what_is_there(tmp_path: Path) -> None:
    stores = write_world(tmp_path, CLADE)
    folder = tmp_path / "relations"
    (folder / "homology").mkdir(parents=True)
    result = run(
        app, ["build", *map(str, stores), "-o", str(folder), "--set", "cross_species=none"]
    )
    assert result.exit_code == 0
    assert "4 gene groups, 6 positive pairs" in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == [
        "corpus.parquet", "counts.json", "groups.parquet", "homology", "members.parquet",
        "sets.parquet",
    ]  # fmt: skip
    corpus = pl.read_parquet(folder / "corpus.parquet")
    assert corpus["length"].to_list() == [row["length"] for row in CLADE]


def test_same_inputs_give_the_same_bytes_on_any_number_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = write_world(tmp_path, CLADE)
    for name, number in (("one", 1), ("two", 3)):
        monkeypatch.setattr(threads, "THREADS", number)
        build_relations(stores, tmp_path / name, GroupSettings())
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_a_missing_store(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"nowhere\.zarr: is not a six-track store"):
        build_relations([tmp_path / "nowhere.zarr"], tmp_path / "out", GroupSettings())
    assert not (tmp_path / "out").exists()


def test_a_set_given_twice(tmp_path: Path) -> None:
    stores = write_world(tmp_path, CLADE)
    with pytest.raises(
        OrthrusError, match=r"annotation set mm10\.ncbirefseq was already read from"
    ):
        build_relations([*stores, stores[1]], tmp_path / "out", GroupSettings())


def test_no_reference_transcripts(tmp_path: Path) -> None:
    stores = write_world(tmp_path, [transcript("canFam4.toga_hg38", "p")])
    with pytest.raises(OrthrusError, match="no store given holds reference transcripts"):
        build_relations(stores, tmp_path / "out", GroupSettings())


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("cross_specie=none", "unknown key 'cross_specie'; did you mean 'cross_species'"),
        ("length_classes=[5, 5]", "length_classes: the limits must rise"),
        ("length_classes=[0, 5]", "length_classes.0: "),
    ],
)
def test_bad_settings(tmp_path: Path, assignment: str, message: str) -> None:
    result = run(app, ["build", "x.zarr", "-o", str(tmp_path / "out"), "--set", assignment])
    with pytest.raises(OrthrusError, match=message):
        raise result.exception or AssertionError

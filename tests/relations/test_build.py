"""The layout of CORPUS, GROUPS and MEMBERS, and the command that writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import relations_oracle as oracle
from hypothesis import given
from relations_helpers import CLADE, tables_of, transcript, write_world
from typer.testing import CliRunner

from orthrus import tables
from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.relations.build import build_relations
from orthrus.relations.cli import app

run = CliRunner().invoke


def test_clade() -> None:
    built = tables_of(CLADE)
    assert built.groups.rows() == [
        (0, "TP53", 0, 3, 5),
        (1, "ENSG00000000003.1", 5, 6, 7),
        (2, "NM_000002.1", 7, 8, 8),
    ]
    assert built.members["row"].to_list() == [0, 1, 3, 5, 7, 2, 6, 4]
    corpus = built.corpus
    assert corpus["length_class"].to_list() == [0, 0, 1, 0, 2, 0, 0, 0]
    blocks = corpus.select("member_start", "member_end").rows()
    assert blocks == [(0, 2), (0, 2), (5, 6), (2, 3), (7, 8), (3, 5), (6, 7), (3, 5)]
    assert corpus["set_row"].to_list() == [0, 1, 2, 0, 1, 0, 1, 0]


@given(oracle.worlds())
def test_groups_are_those_of_the_oracle(world: list[dict[str, Any]]) -> None:
    for naive in (True, False):
        built = tables_of(world, naive=naive)
        for name in ("corpus", "groups", "members"):
            tables.check(getattr(built, name), getattr(tables, name.upper()))
        keys, parents = oracle.keys(world, naive)
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        assert built.corpus["group"].to_list() == [numbers[key] for key in keys]
        assert built.corpus["reference_row"].to_list() == parents
        members = built.members["row"].to_list()
        for group, _, start, toga_start, end in built.groups.rows():
            assert {keys[row] for row in members[start:end]} == {list(numbers)[group]}
            origins = [world[row]["origin"] for row in members[start:end]]
            assert origins == ["annotation"] * (toga_start - start) + ["toga"] * (end - toga_start)
        for row in built.corpus.rows(named=True):
            block = members[row["member_start"] : row["member_end"]]
            same = [
                other
                for other, facts in enumerate(world)
                if keys[other] == keys[row["row"]]
                and (facts["species"], facts["origin"]) == (row["species"], row["origin"])
            ]
            assert block == same


def test_command_writes_the_tables_beside_what_is_there(tmp_path: Path) -> None:
    stores = write_world(tmp_path, CLADE)
    folder = tmp_path / "relations"
    (folder / "homology").mkdir(parents=True)
    result = run(app, ["build", *map(str, stores), "-o", str(folder), "--set", "naive=false"])
    assert result.exit_code == 0
    assert "4 gene groups, 6 positive pairs" in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == [
        "corpus.parquet", "counts.json", "groups.parquet", "homology", "members.parquet",
    ]  # fmt: skip
    corpus = pl.read_parquet(folder / "corpus.parquet")
    assert corpus["transcript_id"].to_list() == [row["transcript_id"] for row in CLADE]


def test_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    stores = write_world(tmp_path, CLADE)
    for name in ("one", "two"):
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
        ("naiv=true", "unknown key 'naiv'; did you mean 'naive'"),
        ("length_classes=[5, 5]", "length_classes: the limits must rise"),
        ("length_classes=[0, 5]", "length_classes.0: "),
    ],
)
def test_bad_settings(tmp_path: Path, assignment: str, message: str) -> None:
    result = run(app, ["build", "x.zarr", "-o", str(tmp_path / "out"), "--set", assignment])
    with pytest.raises(OrthrusError, match=message):
        raise result.exception or AssertionError

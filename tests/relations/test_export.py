"""The table of all pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import relations_oracle as oracle
from hypothesis import given, settings
from relations_helpers import CLADE, relations_of, write_world
from typer.testing import CliRunner

from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.relations import export
from orthrus.relations.build import build_relations
from orthrus.relations.cli import app
from orthrus.relations.pair_kinds import CODES, DATASETS

run = CliRunner().invoke


@pytest.fixture
def stores(tmp_path: Path) -> list[Path]:
    return write_world(tmp_path, CLADE)


@pytest.fixture
def folder(stores: list[Path], tmp_path: Path) -> Path:
    build_relations(stores, tmp_path / "relations", GroupSettings())
    return tmp_path / "relations"


def test_command(folder: Path, tmp_path: Path) -> None:
    result = run(app, ["export", str(folder), "-o", str(tmp_path / "pairs.parquet")])
    assert result.exit_code == 0
    assert "13 pairs" in result.stderr
    table = pl.read_parquet(tmp_path / "pairs.parquet")
    assert table.columns == ["base_row", "partner_row", "kind", "eligible"]
    assert table.row(0) == (0, 1, "splice", True)
    assert table.row(3) == (0, 7, "ortholog", True)


def test_ids_of_the_stores(folder: Path, stores: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    result = run(app, ["export", str(folder), *map(str, stores), "-o", str(path)])
    assert result.exit_code == 0
    named = pl.read_parquet(path).select("base", "partner").rows()
    assert named[0] == ("ENST00000000001.5", "ENST00000000002.1")
    assert named[3] == ("ENST00000000001.5", "NM_000001.Trp53.3")


def test_other_stores_are_refused(folder: Path, stores: list[Path], tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="relations: was built from other stores"):
        export.export_pairs(folder, tmp_path / "pairs.parquet", stores=stores[::-1])


def test_kinds_are_chosen(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    result = run(app, ["export", str(folder), "-o", str(path), "--kind", "ortholog"])
    assert result.exit_code == 0
    pairs = pl.read_parquet(path).select("base_row", "partner_row").rows()
    assert pairs == [(0, 5), (2, 6), (3, 7)]


def test_an_unknown_kind_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="kinds: 'toga' is unknown"):
        export.export_pairs(folder, tmp_path / "pairs.parquet", ["toga"])
    assert not (tmp_path / "pairs.parquet").exists()


def test_pieces_do_not_show(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export.export_pairs(folder, tmp_path / "whole.parquet")
    monkeypatch.setattr(export, "PIECE", 2)
    assert export.export_pairs(folder, tmp_path / "pieces.parquet") == 13
    whole, pieces = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("whole", "pieces"))
    assert whole.equals(pieces)


@settings(deadline=None)  # the first call compiles
@given(oracle.worlds())
def test_pairs_are_those_of_the_oracle(world: list[dict[str, Any]]) -> None:
    relations = relations_of(world)
    bases = pl.Series([row["origin"] == "annotation" for row in world]).arg_true().cast(pl.Int64)
    names = {code: kind for kind, code in CODES.items()}
    for kinds in DATASETS.values():
        table = export.enumerate_pairs(relations, bases.to_numpy(), frozenset(kinds))
        expected = {
            (base, partner, kind, oracle.eligible(world[base], world[partner]))
            for base, partners in oracle.pairs(world, kinds).items()
            for kind, partner in partners
        }
        listed = [(base, row, names[code], able) for base, row, code, able in table.rows()]
        assert len(listed) == len(expected)
        assert set(listed) == expected

"""Relations in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import relations_oracle as oracle
from hypothesis import given, settings
from relations_helpers import CLADE, relations_of, tables_of, write_world

from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.relations.build import build_relations
from orthrus.relations.export import enumerate_pairs
from orthrus.relations.index import Relations
from orthrus.relations.pair_kinds import CODES, KINDS

SUBSETS = [
    (),
    ("splice",),
    ("naive",),
    ("ortholog",),
    ("splice", "naive"),
    ("splice", "ortholog"),
    ("naive", "ortholog"),
    KINDS,
]


def test_open_reads_what_build_wrote(tmp_path: Path) -> None:
    build_relations(write_world(tmp_path, CLADE), tmp_path / "relations", GroupSettings())
    relations = Relations.open(tmp_path / "relations")
    assert len(relations) == len(CLADE)
    assert relations.reference_row.tolist() == [-1] * 5 + [0, 2, 3]
    listed = enumerate_pairs(relations, np.array([0]), frozenset(KINDS))
    assert listed["code"].to_list() == [1, 2, 3, 3]
    assert listed["partner_row"].to_list() == [1, 3, 5, 7]
    assert relations.bases().tolist() == [0, 1, 2, 3]
    assert relations.bases(["splice"]).tolist() == [0, 1]
    assert relations.bases([]).tolist() == [0, 1, 2, 3]


def test_open_refuses_tables_of_different_builds(tmp_path: Path) -> None:
    stores = write_world(tmp_path, CLADE)
    build_relations(stores, tmp_path / "one", GroupSettings())
    build_relations(stores[:1], tmp_path / "two", GroupSettings())
    (tmp_path / "two" / "members.parquet").replace(tmp_path / "one" / "members.parquet")
    with pytest.raises(
        OrthrusError, match="one: sets, corpus, groups and members do not belong together"
    ):
        Relations.open(tmp_path / "one")


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("members", "row", 99),
        ("members", "row", 1),
        ("groups", "end", -1),
        ("groups", "toga_end", 2**62),
        ("corpus", "group", 3),
        ("corpus", "reference_row", -2),
        ("corpus", "length_class", 3),
    ],
)
def test_open_refuses_rows_and_slices_that_are_not_there(
    tmp_path: Path, name: str, column: str, value: int
) -> None:
    built = tables_of(CLADE)
    built.write(tmp_path)
    frame = getattr(built, name)
    frame[0, column] = value
    frame.write_parquet(tmp_path / f"{name}.parquet")
    with pytest.raises(OrthrusError, match="members do not belong together"):
        Relations.open(tmp_path)


def test_open_without_tables(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"sets\.parquet: cannot be read"):
        Relations.open(tmp_path)


def test_unknown_kind() -> None:
    with pytest.raises(
        OrthrusError, match="kinds: 'paralog' is unknown; known kinds: splice, naive"
    ):
        relations_of(CLADE).bases(["paralog"])


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(oracle.worlds())
def test_pairs_are_those_of_the_oracle(world: list[dict[str, Any]]) -> None:
    relations = relations_of(world)
    for base, expected in oracle.pairs(world, KINDS).items():
        listed = enumerate_pairs(relations, np.array([base]), frozenset(KINDS))
        pairs = listed.select("code", "partner_row").rows()
        assert len(pairs) == len(expected)
        assert set(pairs) == {(CODES[kind], row) for kind, row in expected}


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(oracle.worlds())
def test_candidates_are_the_eligible_pairs_of_the_oracle(world: list[dict[str, Any]]) -> None:
    relations = relations_of(world)
    everyone = np.arange(len(world))
    for kinds in SUBSETS:
        found = relations.candidates(everyone, kinds)
        expected = oracle.pairs(world, kinds)
        with_pairs = []
        for base in everyone.tolist():
            partners = {
                (kind, row)
                for kind, row in expected.get(base, ())
                if oracle.eligible(world[base], world[row])
            }
            places = set(range(found.start[base], found.stop[base])) - set(
                range(found.hole_start[base], found.hole_stop[base])
            )
            own = range(found.own_start[base], found.own_stop[base])
            listed = {("splice" if at in own else "naive", int(found.pool[at])) for at in places}
            toga = found.projections[found.toga_start[base] : found.toga_stop[base]].tolist()
            assert listed | {("ortholog", row) for row in toga} == partners
            assert found.n_references[base] + found.n_projections[base] == len(partners)
            if partners:
                with_pairs.append(base)
        if kinds:
            assert relations.bases(kinds).tolist() == with_pairs

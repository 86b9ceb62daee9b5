"""What a build's entry of `tasks:` makes of its rule."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sources_helpers import small_build

from orthrus.config.tasks import TaskSource
from orthrus.errors import OrthrusError
from orthrus.workflow import BuildPlan

STORE = "ce11.ncbirefseq"


def plan(folder: Path, **task: Any) -> BuildPlan:
    build = small_build(folder)
    return BuildPlan({"build": str(build), "tasks": {"mine": task}})


def test_labels_of_the_catalogue_join_a_store(tmp_path: Path) -> None:
    made = plan(
        tmp_path, sources=["go.ontology", "go.human"], store=STORE, appris="appris.human.current",
        settings={"functions": {"depth": "any"}},
    )  # fmt: skip
    inputs = made.task_inputs("mine")
    assert inputs["sources"] == [made.resource("go.ontology"), made.resource("go.human")]
    assert inputs["store"] == made.stores([STORE])[0]
    assert inputs["appris"] == made.resource("appris.human.current")
    assert shlex.split(made.task_options("mine")) == [
        *("--store", inputs["store"], "--appris", inputs["appris"]),
        *("--set", "functions.depth=any"),
    ]
    assert {made.path("go.human"), made.path("appris.human.current")} <= set(made.sources())


def test_an_own_file_lies_beside_the_build(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").touch()
    made = plan(tmp_path, file="labels.csv", store=STORE)
    assert made.task_inputs("mine") == {
        "sources": [str(tmp_path / "labels.csv")], "store": made.stores([STORE])[0]
    }  # fmt: skip


def test_a_finished_task_brings_its_facts(tmp_path: Path) -> None:
    (tmp_path / "mine.parquet").touch()
    made = plan(tmp_path, file=str(tmp_path / "mine.parquet"), species="X y")
    assert made.task_inputs("mine") == {
        "sources": [str(tmp_path / "mine.parquet")], "facts": str(tmp_path / "mine.json")
    }  # fmt: skip
    assert shlex.split(made.task_options("mine")) == ["--species", "X y"]


def test_splits_are_those_of_the_assembly_or_of_the_task_itself(tmp_path: Path) -> None:
    own = plan(tmp_path, store=STORE)
    assert own.task_splits("mine", "homology") == f"{own.results}/tasks/mine.splits.parquet"
    assert own.task_homology("mine") == []
    override = {"paralogs": {"ce11": "biomart.human.paralogs"}}
    values = {"build": str(small_build(tmp_path)), **override}
    shared = BuildPlan(values | {"tasks": {"mine": {"store": STORE, "assembly": "ce11"}}})
    expected = f"{shared.results}/relations/splits/homology/ce11.parquet"
    assert shared.task_splits("mine", "homology") == expected
    groups = f"{shared.results}/relations/homology/ce11.parquet"
    assert shared.task_homology("mine") == [groups]


def test_an_own_file_that_is_missing(tmp_path: Path) -> None:
    made = plan(tmp_path, file="labels.csv", store=STORE)
    with pytest.raises(OrthrusError, match=r"tasks.mine.file: .*labels.csv does not exist"):
        made.task_inputs("mine")


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"store": "hg38.other"}, "there is no annotation set 'hg38.other' in references"),
        ({"store": STORE, "assembly": "mm10"}, "there is no paralog table of 'mm10'"),
    ],
)
def test_what_a_task_names_must_be_there(
    tmp_path: Path, task: dict[str, Any], message: str
) -> None:
    with pytest.raises(OrthrusError, match=message):
        plan(tmp_path, **task)


def test_a_task_never_uses_the_splits_of_another_species(tmp_path: Path) -> None:
    values = {"build": str(small_build(tmp_path)), "paralogs": {"ce11": "biomart.human.paralogs"}}
    task = {"sources": ["go.human"], "species": "Mus musculus", "assembly": "ce11"}
    with pytest.raises(OrthrusError, match=r"ce11 is of .*, but the task of Mus musculus"):
        BuildPlan(values | {"tasks": {"rnahl-mouse": task}})


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"sources": ("a",), "file": "b"}, "sources and file are both given"),
        ({"species": "X y"}, "sources, file and store are all missing"),
        ({"sources": ("a",), "appris": "b"}, "appris ranks the isoforms of a store, but store is"),
    ],
)
def test_a_task_has_one_origin(task: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TaskSource(**task)

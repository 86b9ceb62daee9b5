from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from report_helpers import NAMES, NO_PAIRS, PAIRS, empty_results

from orthrus.benchmark_tasks import TASKS
from orthrus.config.pretrain import PretrainSettings
from orthrus.report import tables
from orthrus.report.load_results import AnnotationSetResults, Leakage, Model
from orthrus.schemas import PAIR_QUALITY


def texts(row: list[tables.Cell]) -> list[str]:
    return [cell.text for cell in row]


def annotation_set(names: dict[str, Any]) -> AnnotationSetResults:
    return AnnotationSetResults("a.b", "S", "toga", 1200, 1, 0, 1200, 1000, 10**6, None, names)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.126, "+0.13"), (-1.0, "−1.00"), (-0.004, "0.00"), (0.0, "0.00")]
)
def test_signed_numbers(value: float, shown: str) -> None:
    assert tables.signed(value) == shown


def test_signed_numbers_of_more_decimals() -> None:
    assert [tables.signed(value, 3) for value in (-0.0126, 0.0004)] == ["−0.013", "0.000"]


@pytest.mark.parametrize(("sets", "folded"), [(2, ""), (41, "41 annotation sets")])
def test_annotation_sets_are_summed_and_long_lists_folded(sets: int, folded: str) -> None:
    table = tables.annotation_sets([annotation_set({})] * sets)
    assert table.folded == folded
    assert texts(table.rows[0]) == [
        "a.b", "S", "1,200", "1", "0", "–", "1,200", "1,000", "1,000,000", "–",
    ]  # fmt: skip
    assert table.total[2].text == f"{1200 * sets:,}"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (NAMES, "3 of 28 (5.0%)"),
        (NAMES | {"ambiguous": 0, "missing": 0, "unmatched_share": 0.0}, "0 of 25"),
    ],
)
def test_unmatched_sequence_names(names: dict[str, Any], shown: str) -> None:
    assert tables.annotation_sets([annotation_set(names)]).rows[0][-1].text == shown


def test_quality_of_pairs() -> None:
    table = tables.quality(pl.DataFrame([PAIRS, NO_PAIRS], schema=PAIR_QUALITY.schema))
    assert [texts(row) for row in table.rows] == [
        [
            "splice", "1,000", "500", "25.0%", "0.0%", "50.0%", "0.75 (0.20 to 1.00)",
            "120", "0", "1,300", "0",
        ],
        ["naive", "0", "0", *["–"] * 8],
    ]  # fmt: skip
    assert len(table.columns) == 11


def test_leakage_of_tasks_is_the_worst_of_all_seeds() -> None:
    shared = {"gene": 0, "homology_group": 3, "sequence": 1, "near_identical": 2}
    seeds = {
        "1": {"test": 100, "shared": shared},
        "2": {"test": 50, "shared": shared | {"gene": 5}},
        "3": {"test": 0, "shared": dict.fromkeys(shared, 0)},
    }
    without = {"gene": 0, "sequence": 1, "near_identical": 2}  # no groups are known
    facts = {"rows": 1300, "not_compared": 4, "seeds": seeds}
    results = replace(
        empty_results(),
        tasks={"b": {"title": "Task b"}, "a": {"title": "Task a"}},
        task_leakage=[
            Leakage("random", "b", facts | {"seeds": {"3": seeds["3"]}}),
            Leakage("random", "a", facts | {"seeds": {"1": {"test": 10, "shared": without}}}),
            Leakage("homology", "a", facts),
            Leakage("homology", "b", facts),
        ],
    )
    table = tables.task_leakage(results)
    shown = ["1,300", "4", "10.0%", "6.0%", "2.0%", "4.0%"]
    assert [texts(row) for row in table.rows] == [
        ["homology", "Task b", *shown],
        ["homology", "Task a", *shown],
        ["random", "Task b", "1,300", "4", "–", "–", "–", "–"],
        ["random", "Task a", "1,300", "4", "0.0%", "–", "10.0%", "20.0%"],
    ]
    assert len(table.columns) == 8


def trained(values: dict[str, Any], metrics: str = "") -> Model:
    settings = PretrainSettings.model_validate(values).model_dump(mode="json")
    columns = ("step", "val_loss", "val_positive", "val_negative")
    rows = [[float(cell) if cell else None for cell in line.split(",")] for line in metrics.split()]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Float64), orient="row")
    return Model("m", {"settings": settings, "encoder_parameters": 1000, "loss": 1.5}, frame)


@pytest.mark.parametrize(
    ("values", "encoder", "objective", "views"),
    [
        ({}, "mamba 256 × 3, 6T", "CL", "splice, ortholog, mask"),
        ({"preset": "orthrus_mlm"}, "mamba 512 × 6, 6T", "CL + 0.95 MLM", "splice, ortholog, mask"),
        ({"objective": {"mlm_weight": 1}}, "mamba 256 × 3, 6T", "MLM", "splice, ortholog, mask"),
        (
            {
                "encoder": {"kind": "saluki", "size": "medium", "n_tracks": 4},
                "augment": {"splice": False, "mask_sequence": 0, "mask_tracks": 0},
            },
            "saluki medium, 4T", "CL", "ortholog",
        ),
        ({"train": {"steps": 0}}, "mamba 256 × 3, 6T", "untrained", "–"),
    ],
)  # fmt: skip
def test_what_models_learned_from(
    values: dict[str, Any], encoder: str, objective: str, views: str
) -> None:
    shown = texts(tables.models([trained(values)]).rows[0])
    shown[1] = shown[1].replace("\N{NO-BREAK SPACE}", " ")
    assert [shown[1], *shown[3:5]] == [encoder, objective, views]


def test_the_course_of_a_training() -> None:
    metrics = "0,5,0.5,0.4 1,,, 2,3.25,0.8,0.1"
    assert texts(tables.models([trained({}, metrics)]).rows[0])[-3:] == [
        "1.500", "5.00 → 3.25", "0.10 → 0.70",
    ]  # fmt: skip


def test_a_training_without_pairs_or_without_steps_has_no_gap() -> None:
    assert texts(tables.models([trained({}, "0,5,, 2,3.25,,")]).rows[0])[-1] == "–"
    assert texts(tables.models([trained({})]).rows[0])[-2:] == ["–", "–"]


def test_a_task_that_the_paper_does_not_have() -> None:
    facts = {"title": "T", "kind": "regression", "species": "S", "labels": ["x"], "n": 20}
    facts |= {"max_length": 900, "genes": 18, "dropped": {"no_gene": 1, "other": 2}}
    assert texts(tables.tasks({"t": facts}).rows[0])[4:] == [
        "20", "–", "–", "900", "–", "3",
    ]  # fmt: skip


def test_all_that_the_paper_counts_of_a_task_is_shown() -> None:
    task = TASKS["mrl-sugimoto"]
    facts = {"title": "T", "kind": "regression", "species": "S", "labels": ["x"], "n": 20}
    facts |= {"max_length": 900, "genes": 18, "dropped": {}, "published": dict(task.published)}
    row = tables.tasks({"t": facts}).rows[0][4:]
    assert texts(row) == ["20", "11,693", "12,459", "900", "12,275", "0"]
    assert [cell.note for cell in row] == ["18 genes", "", "7,815 genes", "", "", ""]

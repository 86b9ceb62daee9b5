from __future__ import annotations

import pytest

from orthrus import benchmark_tasks
from orthrus.errors import OrthrusError


def test_there_are_the_eight_tasks_of_the_paper() -> None:
    assert len(benchmark_tasks.TASKS) == 8
    assert sum(task.kind == "regression" for task in benchmark_tasks.TASKS.values()) == 3


def test_metric_follows_kind() -> None:
    assert benchmark_tasks.find("mrl-sugimoto").metric == "pearson_r"
    assert benchmark_tasks.find("go-mf").metric == "auprc_micro"


def test_order_is_the_papers() -> None:
    assert benchmark_tasks.ordered(["other", "go-mf", "eclip"]) == ["go-mf", "eclip", "other"]


def test_unknown_task_names_the_nearest() -> None:
    with pytest.raises(OrthrusError, match="'rnahl-humn' is unknown; did you mean 'rnahl-human'"):
        benchmark_tasks.find("rnahl-humn")


def test_a_task_like_no_other_lists_all() -> None:
    with pytest.raises(OrthrusError, match="known tasks: rnahl-human, rnahl-mouse"):
        benchmark_tasks.find("xyz")

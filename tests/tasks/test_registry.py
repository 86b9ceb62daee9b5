from __future__ import annotations

import pytest

from orthrus.errors import OrthrusError
from orthrus.tasks import registry


def test_there_are_the_eight_tasks_of_the_paper() -> None:
    assert len(registry.TASKS) == 8
    assert sum(task.kind == "regression" for task in registry.TASKS.values()) == 3


def test_metric_follows_kind() -> None:
    assert registry.find("mrl-sugimoto").metric == "pearson_r"
    assert registry.find("go-mf").metric == "auprc_micro"


def test_order_is_the_papers() -> None:
    assert registry.ordered(["other", "go-mf", "rnahl-human"]) == ["rnahl-human", "go-mf", "other"]


def test_unknown_task_names_the_nearest() -> None:
    with pytest.raises(OrthrusError, match="'rnahl-humn' is unknown; did you mean 'rnahl-human'"):
        registry.find("rnahl-humn")


def test_a_task_like_no_other_lists_all() -> None:
    with pytest.raises(OrthrusError, match="known tasks: rnahl-human, rnahl-mouse"):
        registry.find("xyz")

"""What a comparison of models comes to, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orthrus.report.contents import signed


def verdict(facts: Mapping[str, Any]) -> str:
    """Say which model is best, and on how many tasks the others fall behind the reference.

    Parameters
    ----------
    facts
        The summary of `orthrus evaluate zscore`.
    """
    models, reference = facts["models"], facts["reference"]
    if len(models) == 1:
        return f"Only {models[0]} was measured: there is nothing to compare it with."
    behind = ", ".join(f"{model} {_behind(facts, model)}" for model in models if model != reference)
    where = f"Tasks on which others are significantly worse than {reference}"
    return f"{_winner(facts)} {where}: {behind}."


def _winner(facts: Mapping[str, Any]) -> str:
    """Name the model with the best mean over tasks, unless the next one rounds to the same."""
    best, second = facts["models"][:2]
    first, next_one = (signed(facts["aggregate"][model]) for model in (best, second))
    tasks = facts["tasks"]
    leads = sum(facts["mean"][task][best] == max(facts["mean"][task].values()) for task in tasks)
    score = f"the best score on {leads} of {len(tasks)} tasks"
    if first == next_one:
        return f"{best} and {second} have the same mean Z-score ({first}); {best} has {score}."
    return f"{best} has the highest mean Z-score ({first}; next {second}, {next_one}) and {score}."


def _behind(facts: Mapping[str, Any], model: str) -> int:
    """Count the tasks on which a model is significantly worse than the reference."""
    return sum(model not in facts["boxes"][task] for task in facts["tasks"])

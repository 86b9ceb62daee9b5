"""What a comparison of models comes to, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orthrus.report.contents import signed


def verdict(facts: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Say which model is best, and on which tasks the others fall behind the reference.

    Parameters
    ----------
    facts
        The summary of `orthrus evaluate zscore`.
    titles
        Names of tasks for people.
    """
    models, reference = facts["models"], facts["reference"]
    if len(models) == 1:
        return f"Only {models[0]} was measured: there is nothing to compare it with."
    others = [model for model in models if model != reference]
    return " ".join([_winner(facts), *(_behind(facts, model, titles) for model in others)])


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


def _behind(facts: Mapping[str, Any], model: str, titles: Mapping[str, str]) -> str:
    """Say on which tasks a model is significantly worse than the reference."""
    tasks = [titles.get(task, task) for task in facts["tasks"] if model not in facts["boxes"][task]]
    where = f"{len(tasks)} of them ({'; '.join(tasks)})" if tasks else "none"
    return f"{model} is significantly worse than {facts['reference']} on {where}."

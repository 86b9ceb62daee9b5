"""What a comparison of models comes to, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orthrus.report.tables import signed


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


def outsiders(facts: Mapping[str, Any], trained: Sequence[str], titles: Mapping[str, str]) -> str:
    """Say where baselines and models of others score above the reference.

    Parameters
    ----------
    facts
        The summary of `orthrus evaluate zscore`.
    trained
        The build's own models; all others are told of, and nothing if there are none.
    titles
        Names of tasks for people.
    """
    others = [name for name in facts["models"] if name not in (*trained, facts["reference"])]
    return " ".join(_wins(facts, name, titles) for name in others)


def _wins(facts: Mapping[str, Any], name: str, titles: Mapping[str, str]) -> str:
    """Name the tasks on which `name`, which is not of this build, beats the reference."""
    reference, tasks = facts["reference"], facts["tasks"]
    means = {task: (facts["mean"][task][name], facts["mean"][task][reference]) for task in tasks}
    won = {task: pair for task, pair in means.items() if pair[0] > pair[1]}
    told = f"{name}, not a model of this build, scores above {reference}"
    if not won:
        return f"{told} on no task."
    # One test serves both directions: it has no p-value for `reference` being worse than `name`.
    clearly = sum(1 - facts["p"][task][name] < facts["significance"] for task in won)
    listed = "; ".join(
        f"{titles.get(task, task)} ({own:.3f}, {other:.3f})" for task, (own, other) in won.items()
    )
    return f"{told} on {len(won)} of {len(tasks)} tasks, significantly on {clearly}: {listed}."


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

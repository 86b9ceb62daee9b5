from __future__ import annotations

from typing import Any

from orthrus.report.summary_text import outsiders, verdict


def facts(aggregate: dict[str, float], **changes: Any) -> dict[str, Any]:
    models = sorted(aggregate, key=aggregate.__getitem__, reverse=True)
    means = {"hl": dict(zip(models, (0.7, 0.6, 0.5), strict=False))}
    means["go"] = dict(zip(models, (0.1, 0.2, 0.3), strict=False))
    boxes = {"hl": [models[0]], "go": models[:2]}
    told = {"models": models, "tasks": ["hl", "go"], "aggregate": aggregate, "mean": means}
    return {**told, "boxes": boxes, "reference": models[0], **changes}


def test_the_winner_and_who_falls_behind() -> None:
    assert verdict(facts({"a": 0.51, "b": -0.2, "c": -0.31})) == (
        "a has the highest mean Z-score (+0.51; next b, −0.20) and the best score on 1 of 2 tasks. "
        "Tasks on which others are significantly worse than a: b 1, c 2."
    )


def test_a_lead_that_rounds_to_nothing_is_none() -> None:
    assert verdict(facts({"a": 0.001, "b": -0.001})).startswith(
        "a and b have the same mean Z-score (0.00); a has the best score on 1 of 2 tasks."
    )


def test_the_reference_need_not_be_the_best() -> None:
    told = verdict(facts({"a": 0.5, "b": -0.5}, reference="b", boxes={"hl": ["a"], "go": ["a"]}))
    assert told.endswith("significantly worse than b: a 0.")


def test_one_model_is_compared_with_nothing() -> None:
    assert verdict(facts({"a": 0.0})) == (
        "Only a was measured: there is nothing to compare it with."
    )


P = {"hl": {"a": None, "b": 0.2, "c": 0.001}, "go": {"a": None, "b": 0.6, "c": 0.99}}


def test_a_baseline_that_wins_is_told_with_its_scores() -> None:
    told = outsiders(
        facts({"a": 0.5, "b": 0.0, "c": -0.5}, p=P, significance=0.05), ["a"], {"go": "Functions"}
    )
    assert told == (
        "b, not a model of this build, scores above a on 1 of 2 tasks, significantly on 0: "
        "Functions (0.200, 0.100). "
        "c, not a model of this build, scores above a on 1 of 2 tasks, significantly on 1: "
        "Functions (0.300, 0.100)."
    )


def test_a_baseline_that_wins_nowhere_is_told_too() -> None:
    means = {"hl": {"a": 0.7, "b": 0.6}, "go": {"a": 0.5, "b": 0.5}}
    told = facts({"a": 0.5, "b": 0.0}, mean=means, p=P, significance=0.05)
    assert outsiders(told, ["a"], {}) == "b, not a model of this build, scores above a on no task."


def test_the_builds_own_models_and_the_reference_are_no_outsiders() -> None:
    told = facts({"a": 0.5, "b": 0.0, "c": -0.5}, p=P, significance=0.05)
    assert outsiders(told, ["b", "c"], {}) == ""

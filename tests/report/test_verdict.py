from __future__ import annotations

from typing import Any

from orthrus.report.verdict import verdict

TITLES = {"hl": "Half-life"}


def facts(aggregate: dict[str, float], **changes: Any) -> dict[str, Any]:
    models = sorted(aggregate, key=aggregate.__getitem__, reverse=True)
    means = {"hl": dict(zip(models, (0.7, 0.6, 0.5), strict=False))}
    means["go"] = dict(zip(models, (0.1, 0.2, 0.3), strict=False))
    boxes = {"hl": [models[0]], "go": models}
    told = {"models": models, "tasks": ["hl", "go"], "aggregate": aggregate, "mean": means}
    return {**told, "boxes": boxes, "reference": models[0], **changes}


def test_the_winner_and_who_falls_behind_where() -> None:
    assert verdict(facts({"a": 0.51, "b": -0.2, "c": -0.31}), TITLES) == (
        "a has the highest mean Z-score (+0.51; next b, −0.20) and the best score on 1 of 2 tasks. "
        "b is significantly worse than a on 1 of them (Half-life). "
        "c is significantly worse than a on 1 of them (Half-life)."
    )


def test_a_lead_that_rounds_to_nothing_is_none() -> None:
    assert verdict(facts({"a": 0.001, "b": -0.001}), TITLES).startswith(
        "a and b have the same mean Z-score (0.00); a has the best score on 1 of 2 tasks."
    )


def test_the_reference_need_not_be_the_best() -> None:
    told = verdict(facts({"a": 0.5, "b": -0.5}, reference="b", boxes={"hl": ["a"], "go": "a"}), {})
    assert told.endswith("a is significantly worse than b on none.")


def test_one_model_is_compared_with_nothing() -> None:
    assert verdict(facts({"a": 0.0}), TITLES) == (
        "Only a was measured: there is nothing to compare it with."
    )

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from evaluate_helpers import probe_table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from report_helpers import empty_results, finetune_table
from scipy.stats import ttest_ind

from orthrus.report import probe_bars
from orthrus.report.load_results import Model, Results

SMALL, LARGE = [0.50, 0.53, 0.47, 0.55], [0.60, 0.66, 0.61, 0.58]
RANDOM, KMERS = [0.30, 0.33, 0.28, 0.31], [0.52, 0.49, 0.56, 0.50]
SCORES = {"large": LARGE, "kmers": KMERS, "small": SMALL, "random": RANDOM}


def model(name: str, settings: dict[str, Any]) -> Model:
    return Model(name, {"settings": settings}, pl.DataFrame())


MODELS = [
    model("small", {"train": {"steps": 9}}),
    model("random", {"train": {"steps": 0}}),
    model("large", {}),  # its weights were read
]


def results(*tuned: pl.DataFrame, **scores: Sequence[float]) -> Results:
    """Return probes of go-mf on the homology split, and fine-tuned scores."""
    probes = [
        probe_table("go-mf", name, values, metric)
        for name, values in scores.items()
        for metric in ("auprc_micro", "auroc_macro")
    ]
    return replace(
        empty_results(),
        models=MODELS,
        probes=pl.concat(probes),
        finetuned=pl.concat([empty_results().finetuned, *tuned]),
        supervised=["cnn", "saluki"],
    )


def panel(made: Results) -> probe_bars.Panel:
    (found,) = probe_bars.compare(made, "homology", list(SCORES))
    return found


def drawn(made: Results, monkeypatch: pytest.MonkeyPatch) -> Axes:
    """Return the only panel of the figure."""
    figures: list[Figure] = []
    monkeypatch.setattr(probe_bars, "render", lambda figure, *_: figures.append(figure) or "<svg/>")
    probe_bars.draw(made, "homology", [panel(made)])
    return figures[0].axes[0]


def tuned(name: str, values: Sequence[float], labels: str = "full", **own: str) -> pl.DataFrame:
    return finetune_table("go-mf", name, values, labels, "auprc_micro", **own)


def test_a_bar_is_the_mean_of_the_main_metric_with_its_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    axes = drawn(results(**SCORES), monkeypatch)
    wanted = {name: (np.mean(own), 1.96 * np.std(own, ddof=1) / 2) for name, own in SCORES.items()}
    assert [label.get_text() for label in axes.get_yticklabels()] == list(SCORES)
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([mean for mean, _ in wanted.values()])
    assert {bar.get_x() for bar in axes.patches} == {0}
    ends = [error.get_segments()[0][:, 0] for error in axes.collections]
    for (mean, half), end in zip(wanted.values(), ends, strict=True):
        assert end == pytest.approx([mean - half, mean + half])


def test_orthrus_models_were_trained_here_or_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    made = results(**SCORES)
    found = panel(made)
    assert (found.best, found.other) == ("large", "kmers")
    colours = [bar.get_facecolor()[:3] for bar in drawn(made, monkeypatch).patches]
    assert colours[0] == colours[2] != colours[1] == colours[3]
    words = probe_bars.caption(made, "homology", [found])
    assert "the Orthrus models (small, large)" in words
    assert "external models (kmers, random)" in words


def test_the_best_of_both_sides_are_tested_and_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    made = results(**SCORES)
    p = ttest_ind(LARGE, KMERS, equal_var=False).pvalue
    assert panel(made).p == pytest.approx(p, rel=1e-9)
    axes = drawn(made, monkeypatch)
    (stars,) = axes.texts
    assert stars.get_text() == "**"
    assert 0.001 < p < 0.01
    bracket = axes.lines[-1]
    assert set(bracket.get_ydata()) == {0, 1}
    assert min(bracket.get_xdata()) > max(
        end.get_segments()[0][:, 0].max() for end in axes.collections
    )
    assert axes.get_xlim()[1] > max(bracket.get_xdata())


@pytest.mark.parametrize(
    ("p", "stars"), [(0.0, "***"), (0.001, "**"), (0.01, "*"), (0.0499, "*"), (0.05, "n.s.")]
)
def test_stars(p: float, stars: str) -> None:
    assert probe_bars.mark(p) == stars


def test_the_line_is_the_best_that_was_trained_from_fresh_weights_on_all_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = results(
        tuned("cnn", [0.3, 0.4, 0.5]),
        tuned("saluki", [0.4, 0.45, 0.5]),
        tuned("cnn", [0.9] * 3, "30"),
        tuned("mamba", [0.8] * 3),
        tuned("small", [0.7] * 3),
        tuned("saluki", [0.6] * 3, split="random"),
        **SCORES,
    )
    found = panel(made)
    assert found.line == pytest.approx(0.45)
    line = next(line for line in drawn(made, monkeypatch).lines if line.get_linestyle() == "--")
    assert line.get_xdata()[0] == pytest.approx(0.45)
    assert "Dashed: the best of cnn, saluki" in probe_bars.caption(made, "homology", [found])


def test_without_fresh_weights_others_or_second_seeds_nothing_is_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = panel(results(small=SMALL, large=LARGE))
    assert (alone.best, alone.other, alone.p, alone.line) == ("large", None, None, None)
    single = results(small=[0.5], kmers=[0.4])
    assert panel(single).p is None
    assert math.isnan(panel(single).scores["small"][1])
    axes = drawn(single, monkeypatch)
    assert not axes.texts
    for made in (alone, panel(single)):
        words = probe_bars.caption(single, "homology", [made])
        assert "Dashed" not in words
        assert "Bracket" not in words


def test_bars_below_zero_are_within_the_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = drawn(results(small=[-0.2, -0.1], kmers=[-0.4, -0.5]), monkeypatch)
    assert axes.get_xlim()[0] < -0.45
    assert axes.get_xlim()[1] > 0


def test_the_table_has_the_numbers_of_the_figure() -> None:
    made = results(tuned("cnn", [0.3, 0.4, 0.5]), **SCORES)
    (row,) = probe_bars.table(made, [panel(made)]).rows
    assert [f"{cell.text} {cell.note}".strip() for cell in row] == [
        "go-mf (auPRC)", "large", "0.613 ± 0.033", "kmers", "0.518 ± 0.030", "+0.095",
        f"{ttest_ind(LARGE, KMERS, equal_var=False).pvalue:.2g} **", "0.400",
    ]  # fmt: skip

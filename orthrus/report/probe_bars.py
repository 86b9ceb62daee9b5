"""Probe scores as bars, and the best Orthrus model beside the best other (paper, Figure 2B)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from orthrus.evaluate.statistics import p_value_two_sided
from orthrus.report import finetuned
from orthrus.report.figures import COLUMNS, panels, wrapped
from orthrus.report.load_results import Results
from orthrus.report.scores import METRIC_NAMES, Score, heading, main_scores, metrics_of, score_cell
from orthrus.report.svg import ACCENT, INK, MUTED, render, style
from orthrus.report.tables import NONE, Cell, Table, number, signed, text

MARKS = {0.001: "***", 0.01: "**", 0.05: "*"}
"""What stands for a p-value below each limit."""

INSIGNIFICANT = "n.s."


@dataclass(frozen=True)
class Panel:
    """What is shown of one task.

    Attributes
    ----------
    scores
        By model, in the order of drawing: mean, half of the 95 % interval, ….
    best, other
        The Orthrus model and the other one with the highest mean; None where there is none.
    p
        Of the two having the same mean: see `p_value_two_sided`.
    line
        The highest mean of models trained from fresh weights on all labels; None without any.
    """

    task: str
    metric: str
    scores: Mapping[str, Score]
    best: str | None
    other: str | None
    p: float | None
    line: float | None


def compare(results: Results, split: str, order: Sequence[str]) -> list[Panel]:
    """Return the panels of one split, by task.

    Orthrus models are those of the build that were trained, here or where their weights were read
    from; untrained ones, baselines and external models are others.

    Parameters
    ----------
    order
        The models, in the order of drawing.
    """
    scores = main_scores(results, split)
    lines = _lines(results, split)
    own = orthrus_models(results)
    found = []
    for task, metric in metrics_of(scores).items():
        of_task = {
            model: scores[task, model, metric] for model in order if (task, model, metric) in scores
        }
        best = _highest(of_task, [model for model in of_task if model in own])
        other = _highest(of_task, [model for model in of_task if model not in own])
        runs = results.probes.filter(
            pl.col("split") == split, pl.col("task") == task, pl.col("metric") == metric
        )
        p = (
            p_value_two_sided(*(_runs(runs, name) for name in (best, other)))
            if best and other
            else None
        )
        found.append(Panel(task, metric, of_task, best, other, p, lines.get(task)))
    return found


def orthrus_models(results: Results) -> list[str]:
    """Return the names of the build's models that were trained, here or elsewhere."""
    return [model.name for model in results.models if model.steps != 0]


def mark(p: float) -> str:
    """Return the stars of a p-value."""
    return next((stars for limit, stars in MARKS.items() if p < limit), INSIGNIFICANT)


def _highest(scores: Mapping[str, Score], names: Sequence[str]) -> str | None:
    return max(names, key=lambda name: scores[name][0], default=None)


def _runs(rows: pl.DataFrame, model: str) -> npt.NDArray[np.float64]:
    return rows.filter(pl.col("model") == model)["value"].to_numpy()


def _lines(results: Results, split: str) -> dict[str, float]:
    """Return the best mean per task of `results.supervised`, trained on all labels."""
    rows = finetuned.levels(results, split).filter(
        pl.col("labels") == finetuned.ALL, pl.col("model").is_in(results.supervised)
    )
    return dict(rows.group_by("task").agg(pl.col("mean").max()).iter_rows())


def caption(results: Results, split: str, shown: Sequence[Panel]) -> str:
    """Say what the bars, the line and the stars are."""
    own = orthrus_models(results)
    others = list(dict.fromkeys(m for panel in shown for m in panel.scores if m not in own))
    words = (
        f"{split.capitalize()} split. Linear probes by task: mean over seeds with its 95 % "
        "interval, 1.96 · std / √n (paper, Figure 2B). "
        f"In colour the Orthrus models ({', '.join(own) or 'none'}), in grey all others: "
        "encoders without training, plain features and external models "
        f"({', '.join(others) or 'none'})."
    )
    if any(panel.line is not None for panel in shown):
        words += (
            f" Dashed: the best of {', '.join(results.supervised)}, trained whole from fresh "
            "weights on all labels, mean over seeds."
        )
    if any(panel.p is not None for panel in shown):
        limits = ", ".join(f"{stars} p < {limit:g}" for limit, stars in reversed(MARKS.items()))
        words += (
            " Bracket: the best Orthrus model against the best other, two-sided Welch's t-test "
            f"over seeds, not corrected for the number of tasks: {limits}, {INSIGNIFICANT} not "
            "significant. The paper does not say whether its t-test assumes equal variances."
        )
    return words


def draw(results: Results, split: str, shown: Sequence[Panel]) -> str:
    """Draw a panel per task, a bar per model."""
    own = orthrus_models(results)
    models = list(dict.fromkeys(model for panel in shown for model in panel.scores))
    with style({"axes.grid.axis": "x"}):
        figure, each = panels(1.1 + 0.24 * len(models), len(shown))
        for at, (axes, panel) in enumerate(zip(each, shown, strict=True)):
            _bars(axes, panel, models, own)
            axes.set_title(wrapped(results.titles.get(panel.task, panel.task), 18))
            axes.tick_params(labelleft=at % COLUMNS == 0)
        keys: list[Patch | Line2D] = [Patch(color=ACCENT, label="Orthrus models")]
        keys.append(Patch(color=MUTED, alpha=0.6, label="others"))
        if any(panel.line is not None for panel in shown):
            keys.append(
                Line2D(
                    [],
                    [],
                    color=INK,
                    ls="--",
                    lw=1.1,
                    label="trained on the task from fresh weights",
                )
            )
        figure.legend(handles=keys, loc="outside lower left", ncols=3)
    return render(figure, f"bars-{split}", "Mean probe score of every model by task")


def _bars(axes: Axes, panel: Panel, models: Sequence[str], own: Sequence[str]) -> None:
    """Draw one task: its bars and intervals, the line and the bracket."""
    for row, model in enumerate(models):
        if model in panel.scores:
            mean, half, *_ = panel.scores[model]
            colour = {"color": ACCENT} if model in own else {"color": MUTED, "alpha": 0.6}
            axes.barh(row, mean, height=0.7, lw=0, **colour)
            axes.errorbar(mean, row, xerr=half, color=INK, lw=1.0, capsize=2)
    if panel.line is not None:
        axes.axvline(panel.line, color=INK, ls="--", lw=1.1)
    low, high = _range(panel)
    if panel.p is not None:
        rows = [models.index(name) for name in (panel.best, panel.other) if name]
        _bracket(axes, rows, mark(panel.p), high)
    axes.set_xlim(low, 1.2 * high)
    axes.set_ylim(len(models) - 0.4, -0.6)
    axes.set_yticks(np.arange(len(models)), models)
    axes.set_xlabel(METRIC_NAMES[panel.metric])
    axes.locator_params(axis="x", nbins=4)


def _range(panel: Panel) -> tuple[float, float]:
    """Return the ends of all that is drawn; 0, where bars begin, is among them."""
    values = [0.0, *([] if panel.line is None else [panel.line])]
    for mean, half, *_ in panel.scores.values():
        values += [mean] if math.isnan(half) else [mean - half, mean + half]
    return min(values), max(values) or 1.0


def _bracket(axes: Axes, rows: Sequence[int], stars: str, high: float) -> None:
    """Join two rows beyond all bars, and say how significantly they differ."""
    inner, outer = 1.03 * high, 1.06 * high
    first, last = sorted(rows)
    axes.plot([inner, outer, outer, inner], [first, first, last, last], color=INK, lw=0.9)
    middle = (first + last) / 2
    axes.text(
        1.08 * high, middle, stars, color=INK, fontsize=8, rotation=270, ha="left", va="center"
    )


def table(results: Results, shown: Sequence[Panel]) -> Table:
    """Show the numbers behind the brackets and the line."""
    return Table(
        caption="The best Orthrus model and the best other of each task: mean ± half of the 95 % "
        "interval, their difference, and the p-value of a two-sided Welch's t-test over seeds. "
        "From fresh weights: the best mean of a dilated CNN or Saluki trained on all labels.",
        columns=[
            "Task", "Orthrus model", "Score", "Other", "Score", "Difference", "p",
            "From fresh weights",
        ],
        rows=[_row(results, panel) for panel in shown],
    )  # fmt: skip


def _row(results: Results, panel: Panel) -> list[Cell]:
    best, other = (panel.scores.get(name or "") for name in (panel.best, panel.other))
    difference = signed(best[0] - other[0], 3) if best and other else NONE
    tested = ("", NONE) if panel.p is None else (mark(panel.p), f"{panel.p:.2g}")
    return [
        text(heading(results, panel.task, panel.metric)),
        text(panel.best), score_cell(best), text(panel.other), score_cell(other),
        Cell(difference, number=True), Cell(tested[1], number=True, note=tested[0]),
        number(panel.line, ".3f"),
    ]  # fmt: skip

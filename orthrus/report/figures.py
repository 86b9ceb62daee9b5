"""The figures of the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from orthrus.report.load_results import Comparison, Model
from orthrus.report.scores import METRIC_NAMES
from orthrus.report.svg import ACCENT, INK, MUTED, render, style
from orthrus.report.tables import SIMILARITY_GAP, signed

SERIES = ("#3b7dd8", "#d9822b", "#2a9d7f", "#c2549d", "#8a6fd1", "#b8a21f", "#d1495b", "#5f8a9d")
"""Colours of series, to be told apart with any colour vision and on light and dark paper."""

BETTER, WORSE = (0.16, 0.45, 0.84), (0.84, 0.29, 0.22)
SHADES = ListedColormap(colormaps["viridis"](np.linspace(0.12, 0.95, 256)))
"""Low to high, without the ends that vanish on dark or light paper."""

LINES = ("-", "--", ":")
WIDTH = 10.0
"""Width of every figure, inches at 72 points."""

COLUMNS = 4
"""Panels side by side."""


def loss_curves(models: Sequence[Model]) -> str:
    """Draw the loss on training batches and on held-out pairs, and how far those are told apart."""
    with style():
        figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
        training, held_out, gap = figure.subplots(1, 3)
        for at, model in enumerate(models):
            line = _series(at)
            loss = pl.col("loss")
            _line(training, model, loss, {**line, "lw": 0.5, "alpha": 0.35})
            _line(training, model, loss, {**line, "label": model.name}, smooth=True)
            _line(held_out, model, pl.col("val_loss"), line)
            _line(gap, model, SIMILARITY_GAP, line)
        for axes, title in (
            (training, "Training loss"),
            (held_out, "Held-out loss"),
            (gap, "Held-out similarity gap"),
        ):
            axes.set_title(title)
            axes.set_xlabel("step")
        figure.legend(loc="outside lower left", ncols=6)
    return render(figure, "loss", "Losses and similarity gap by training step, one line per model")


def _series(at: int) -> dict[str, Any]:
    """Return the colour of the series, and a line that sets it apart where colours repeat."""
    return {"color": SERIES[at % len(SERIES)], "ls": LINES[at // len(SERIES) % len(LINES)]}


def _line(
    axes: Axes, model: Model, measure: pl.Expr, line: dict[str, Any], *, smooth: bool = False
) -> None:
    """Draw a measure over the steps where it was taken; smoothed over a twentieth of them."""
    measured = model.metrics.select("step", measure.alias("value")).drop_nulls()
    values = measured["value"]
    if smooth and measured.height > 1:
        values = values.ewm_mean(span=max(2, measured.height / 20))
    axes.plot(measured["step"].to_numpy(), values.to_numpy(), **{"lw": 1.6, **line})


def heatmap(comparison: Comparison, titles: dict[str, str]) -> str:
    """Draw mean Z-scores, models by tasks, the aggregate on the left (paper, Figure 3A)."""
    facts = comparison.facts
    models, tasks = facts["models"], facts["tasks"]
    columns = [facts["aggregate"], *(facts["mean_z"][task] for task in tasks)]
    top = max(1.0, *(abs(value) for column in columns for value in column.values()))
    with style({"axes.grid": False}):
        figure = Figure(figsize=(WIDTH, 1.5 + 0.42 * len(models)), layout="constrained")
        axes = figure.subplots()
        for at, column in enumerate(columns):
            # A gap sets the aggregate apart.
            left = at + (0.25 if at else 0.0)
            boxed = facts["boxes"][tasks[at - 1]] if at else []
            for row, model in enumerate(models):
                _cell(axes, left, row, column[model], top, boxed=model in boxed)
        axes.set_xlim(0, len(columns) + 0.3)
        axes.set_ylim(len(models), -0.05)
        axes.set_yticks(np.arange(len(models)) + 0.5, models)
        ticks = [0.5, *(at + 1.75 for at in range(len(tasks)))]
        names = ["Mean of tasks", *(titles.get(task, task) for task in tasks)]
        axes.set_xticks(ticks, [wrapped(name) for name in names])
        axes.xaxis.tick_top()
        axes.spines[:].set_visible(False)
        _emphasise(axes, models.index(facts["reference"]))
    return render(figure, f"z-{comparison.split}", "Mean Z-score of every model on every task")


def _cell(axes: Axes, left: float, row: int, value: float, top: float, *, boxed: bool) -> None:
    """Draw one cell; the further from 0, the less of the page shines through."""
    colour = (*(BETTER if value > 0 else WORSE), 0.7 * abs(value) / top)
    axes.add_patch(Rectangle((left + 0.02, row + 0.04), 0.96, 0.92, facecolor=colour, lw=0))
    axes.text(left + 0.5, row + 0.52, signed(value), ha="center", va="center", color=INK)
    if boxed:
        box = Rectangle((left + 0.03, row + 0.06), 0.94, 0.88, fill=False, edgecolor=INK, lw=1.4)
        axes.add_patch(box)


def _emphasise(axes: Axes, row: int) -> None:
    """Set the name of the reference model in bold and in the accent colour."""
    label = axes.get_yticklabels()[row]
    label.set_color(ACCENT)
    label.set_fontweight("bold")


def wrapped(name: str, letters: int = 10) -> str:
    """Break a name into lines of about so many letters."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) > letters:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def panels(height: float, count: int) -> tuple[Figure, list[Axes]]:
    """Return a figure and so many panels in it, in rows of that height in inches."""
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    layout = ConstrainedLayoutEngine(wspace=0.05, hspace=0.12)
    figure = Figure(figsize=(WIDTH, rows * height), layout=layout)
    found = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axes in found[count:]:
        axes.set_visible(False)
    return figure, found[:count]


def jitter(comparison: Comparison, titles: dict[str, str]) -> str:
    """Draw the raw score of every run, a panel per task (paper, Figure 3B)."""
    facts = comparison.facts
    models, tasks = facts["models"], facts["tasks"]
    with style({"axes.grid.axis": "x"}):
        figure, each = panels(1.0 + 0.26 * len(models), len(tasks))
        for at, (axes, task) in enumerate(zip(each, tasks, strict=True)):
            scores = comparison.scores.filter(pl.col("task") == task)
            for row, model in enumerate(models):
                runs = scores.filter(pl.col("model") == model)["value"].to_numpy()
                _runs(axes, row, runs, ACCENT if model == facts["reference"] else MUTED)
            axes.set_title(wrapped(titles.get(task, task), 18))
            axes.set_xlabel(METRIC_NAMES[facts["metrics"][task]])
            axes.locator_params(axis="x", nbins=4)
            axes.set_ylim(len(models) - 0.4, -0.6)
            axes.set_yticks(np.arange(len(models)), models)
            _emphasise(axes, models.index(facts["reference"]))
            axes.tick_params(labelleft=at % COLUMNS == 0)
    return render(figure, f"raw-{comparison.split}", "Score of every run of every model by task")


def _runs(axes: Axes, row: int, runs: np.ndarray[Any, Any], colour: str) -> None:
    """Draw one model's runs side by side, and their mean as a bar."""
    spread = row + np.linspace(-0.18, 0.18, len(runs))
    axes.plot(runs, spread, "o", ms=3.2, mew=0, alpha=0.55, color=colour)
    axes.plot([runs.mean()] * 2, [row - 0.3, row + 0.3], lw=1.8, color=colour)


def learning_curves(split: str, levels: pl.DataFrame, titles: dict[str, str]) -> str:
    """Draw scores over the number of labels, a panel per task, a line per model (paper, Figure 2C).

    Parameters
    ----------
    split, levels
        What `orthrus.report.finetuned.levels` returns of a split.
    titles
        Names of tasks for people.
    """
    tasks = levels["task"].unique(maintain_order=True).to_list()
    models = levels["model"].unique(maintain_order=True).to_list()
    with style():
        figure, each = panels(2.75, len(tasks))
        for axes, task in zip(each, tasks, strict=True):
            own = levels.filter(pl.col("task") == task)
            for at, model in enumerate(models):
                _curve(axes, own.filter(pl.col("model") == model), at)
            axes.set_title(wrapped(titles.get(task, task), 18))
            axes.set_ylabel(METRIC_NAMES[own["metric"][0]])
            axes.set_xlabel("training labels")
            axes.set_xscale("log")
            ticks = own.group_by("labels").agg(pl.col("n_train").mean()).sort("n_train", "labels")
            axes.set_xticks(ticks["n_train"].to_list(), ticks["labels"].to_list())
            axes.set_xticks([], minor=True)
        lines = [Line2D([], [], **_series(at)) for at in range(len(models))]
        figure.legend(lines, models, loc="outside lower left", ncols=4)
    return render(figure, f"labels-{split}", "Score by number of training labels, a line per model")


def _curve(axes: Axes, levels: pl.DataFrame, at: int) -> None:
    """Draw one model's means and their intervals; no bar where there is none."""
    x, mean, half = (levels[name].to_numpy() for name in ("n_train", "mean", "half"))
    line = {**_series(at), "lw": 1.6, "marker": "o", "ms": 4, "capsize": 2}
    axes.errorbar(x, mean, half, elinewidth=0.9, **line)


def maps(name: str, points: pl.DataFrame) -> str:
    """Draw a UMAP four times, coloured by length, exons, CDS length and GC (paper, Figure A4)."""
    shades = {
        "length": ("Transcript length, nt", LogNorm),
        "exons": ("Exons", LogNorm),
        "cds_length": ("CDS length, nt (none: grey)", LogNorm),
        "gc": ("GC fraction", Normalize),
    }
    with style({"axes.grid": False}):
        figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
        figure.suptitle(name, x=0.006, ha="left", color=INK, weight="bold")
        each = figure.subplots(1, len(shades))
        for axes, (column, (title, scale)) in zip(each, shades.items(), strict=True):
            _shaded(figure, axes, points, column, scale)
            axes.set_title(title)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
            axes.set_aspect("equal", "datalim")
    return render(figure, f"map-{name}", f"Map of the embeddings of {name}, coloured four ways")


def _shaded(
    figure: Figure, axes: Axes, points: pl.DataFrame, column: str, scale: type[Normalize]
) -> None:
    """Draw points coloured by a column, between its 1st and 99th percentile; 0 is grey on a log."""
    known = points.filter(pl.col(column) > 0) if scale is LogNorm else points
    none = points.filter(pl.col(column) <= 0) if scale is LogNorm else points.clear()
    size = float(np.clip(4000 / max(points.height, 1), 0.4, 9))
    marks: dict[str, Any] = {"s": size, "lw": 0, "rasterized": True}
    axes.scatter(none["x"].to_numpy(), none["y"].to_numpy(), color="#9a9a9a", alpha=0.5, **marks)
    if not known.height:
        return
    low, high = np.percentile(known[column].to_numpy(), [1, 99])
    high = high if high > low else low + 1
    norm = scale(low, high)
    colours = known[column].to_numpy()
    axes.scatter(
        known["x"].to_numpy(), known["y"].to_numpy(), c=colours, norm=norm, cmap=SHADES, **marks
    )
    bar = figure.colorbar(
        ScalarMappable(norm, SHADES), ax=axes, location="bottom", shrink=0.8, aspect=25
    )
    bar.outline.set_visible(False)
    bar.minorticks_off()
    ticks = (np.geomspace if scale is LogNorm else np.linspace)(low, high, 3).tolist()
    bar.set_ticks(ticks, labels=[f"{tick:,.0f}" if tick >= 1 else f"{tick:.2f}" for tick in ticks])

"""The figures of structural probes (paper, Figure 2A)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from orthrus.report.figures import BETTER, SERIES, WIDTH, wrapped
from orthrus.report.structural_probes import Structure
from orthrus.report.svg import INK, MUTED, render, style


def matrix(made: Structure, task: str, labels: Sequence[str]) -> str:
    """Draw a confusion matrix: of the transcripts of a row, which share is put in each column."""
    counts = made.confusion[task]
    with style({"axes.grid": False}):
        figure = Figure(figsize=(WIDTH, 1.4 + 0.34 * len(labels)), layout="constrained")
        axes = figure.subplots()
        for (row, column), share in np.ndenumerate(shares(counts)):
            box = (column + 0.02, row + 0.04)
            colour = (*BETTER, 0.75 * share)
            axes.add_patch(Rectangle(box, 0.96, 0.92, facecolor=colour, lw=0))
            shown = f"{100 * share:.0f}"
            axes.text(column + 0.5, row + 0.52, shown, ha="center", va="center", color=INK)
        axes.set_xlim(0, len(labels))
        axes.set_ylim(len(labels), 0)
        axes.set_xticks(np.arange(len(labels)) + 0.5, [wrapped(_spaced(name)) for name in labels])
        axes.set_yticks(
            np.arange(len(labels)) + 0.5,
            [
                f"{_spaced(name)} ({n:,})"
                for name, n in zip(labels, counts.sum(axis=1), strict=True)
            ],
        )
        axes.set_ylabel("annotated")
        axes.set_title(made.model)
        axes.xaxis.tick_top()
        axes.spines[:].set_visible(False)
    name = f"confusion-{made.split}-{task}-{made.model}"
    return render(figure, name, f"Confusion matrix of {task} predicted from {made.model}")


def shares(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Divide every row by its sum; 0 where a row is empty."""
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def scatters(made: Structure, tasks: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw predictions over targets, a panel per task, whose facts are given by name."""
    with style():
        figure = Figure(figsize=(WIDTH, 3.0), layout="constrained")
        panels = figure.subplots(1, max(4, len(made.points)))
        for axes in panels[len(made.points) :]:
            axes.set_visible(False)
        for axes, (task, points) in zip(panels, made.points.items(), strict=False):
            x, y = (points[column].to_numpy() for column in ("target", "predicted"))
            size = float(np.clip(4000 / len(x), 0.4, 9))
            axes.scatter(x, y, s=size, lw=0, alpha=0.5, color=SERIES[0], rasterized=True)
            axes.axline((x.mean(), x.mean()), slope=1, color=MUTED, lw=0.8, ls="--")
            r = points.select(pl.corr("target", "predicted")).item()
            axes.set_title(f"{tasks[task]['title']}\nR = {r:.2f}")
            axes.set_xlabel(f"annotated, {tasks[task]['labels'][0]}")
        panels[0].set_ylabel(f"predicted from {made.model}")
    name = f"structure-{made.split}-{made.model}"
    return render(figure, name, f"Structure predicted from {made.model}, over what is annotated")


def _spaced(name: str) -> str:
    return name.replace("_", " ")

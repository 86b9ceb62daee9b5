"""Figures as inline SVG that follows the page: its fonts, and its colours in light and dark."""

from __future__ import annotations

import io
import re
from contextlib import AbstractContextManager
from html import escape
from typing import Any

import matplotlib
from matplotlib.figure import Figure

# Colours that stand for the page's own; the page decides what they are.
INK, MUTED, GRID, ACCENT = "#010203", "#040506", "#070809", "#0a0b0c"
_VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--grid", ACCENT: "--accent"}

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
}


def style(changes: dict[str, Any] | None = None) -> AbstractContextManager[None]:
    """Return a context in which matplotlib draws as the page looks; `changes` are rcParams."""
    parameters: Any = {**_STYLE, **(changes or {})}
    return matplotlib.rc_context(parameters)


def render(figure: Figure, name: str, label: str) -> str:
    """Return a figure as an <svg> element; the same figure always gives the same text.

    Parameters
    ----------
    figure
        Drawn within `style`.
    name
        Unique on the page: it keeps the identifiers of its figures apart.
    label
        What the figure shows, for those who cannot see it.
    """
    buffer = io.StringIO()
    with style({"svg.hashsalt": name}):
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(buffer, format="svg", metadata=metadata, dpi=170, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :].strip()
    # Groups (figure_1, axes_1, …) and equal images have the same name in every figure; nothing
    # refers to them.
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r' id="image[^"]*"', "", text)
    text = re.sub(r'<svg ([^>]*?)width="[^"]*"', r"<svg \1", text, count=1, flags=re.DOTALL)
    text = re.sub(r'<svg ([^>]*?)height="[^"]*"', r"<svg \1", text, count=1, flags=re.DOTALL)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)

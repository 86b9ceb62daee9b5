"""What every benchmark shares: the arguments, timing, the closing table and its JSON file.

A benchmark is one script, `python benchmarks/<name>.py [--quick] [--check]`. It measures ours and a
baseline in the same run and calls `main` with a function that returns `Row`s.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from orthrus.process_settings import tune

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """A figure of ours beside a baseline's, with a goal for their ratio.

    Attributes
    ----------
    metric
        What was measured, with its unit.
    ours, baseline
        The two figures, in the same unit.
    goal
        The bound of `ours / baseline`; None for a figure that is only reported.
    wanted
        Whether the ratio must be at least or at most the goal.
    """

    metric: str
    ours: float
    baseline: float
    goal: float | None = None
    wanted: Literal["at least", "at most"] = "at least"

    @property
    def ratio(self) -> float:
        """Ours over the baseline's."""
        return self.ours / self.baseline if self.baseline else math.inf

    @property
    def met(self) -> bool:
        """Whether the goal is reached; a row without a goal always is."""
        if self.goal is None:
            return True
        return self.ratio >= self.goal if self.wanted == "at least" else self.ratio <= self.goal

    def cells(self) -> tuple[str, ...]:
        """Return the row as the closing table shows it."""
        goal = (
            ""
            if self.goal is None
            else f"{'≥' if self.wanted == 'at least' else '≤'} {self.goal:g}"
        )
        met = "" if self.goal is None else "yes" if self.met else "NO"
        figures = (f"{value:.3g}" for value in (self.ours, self.baseline, self.ratio))
        return (self.metric, *figures, goal, met)


def seconds(function: Callable[[], Any], repeats: int = 3) -> float:
    """Return the median wall time of `repeats` calls, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def both_seconds(
    ours: Callable[[], Any], theirs: Callable[[], Any], repeats: int
) -> tuple[float, float]:
    """Return the median wall times of two functions that take turns, in seconds.

    So a slower minute of the machine falls on both.
    """
    pairs = [(seconds(ours, 1), seconds(theirs, 1)) for _ in range(repeats)]
    mine, others = zip(*pairs, strict=True)
    return statistics.median(mine), statistics.median(others)


def aside(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a new process, whose memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def peak_rss() -> int:
    """Return the largest resident set of this process so far, in bytes.

    What Linux tells as `ru_maxrss` begins with the peak of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def use_one_core() -> None:
    """Bind this process and its threads to one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def disk_bytes(path: Path) -> int:
    """Return the bytes in whole disk blocks that a file or the files of a folder take."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(512 * file.stat().st_blocks for file in files)


def main(name: str, measure: Callable[[bool], list[Row]]) -> None:
    """Run a benchmark from the command line; with --check, exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog=f"benchmarks/{name}.py")
    parser.add_argument("--quick", action="store_true", help="a smaller problem")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    arguments = parser.parse_args()
    tune()
    rows = measure(arguments.quick)
    peak = peak_rss()
    _print(name, rows, peak)
    _store(name, rows, peak, arguments.quick)
    if arguments.check and not all(row.met for row in rows):
        sys.exit(1)


def _print(name: str, rows: list[Row], peak: int) -> None:
    table = Table("metric", "ours", "baseline", "ratio", "goal", "met", title=name)
    for row in rows:
        table.add_row(*row.cells())
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    console.print(f"peak RSS {peak / 1e6:,.0f} MB", highlight=False)


def _store(name: str, rows: list[Row], peak: int, quick: bool) -> None:
    RESULTS.mkdir(exist_ok=True)
    figures = [
        {
            "metric": row.metric, "ours": row.ours, "baseline": row.baseline,
            "ratio": row.ratio, "goal": row.goal, "met": row.met,
        }
        for row in rows
    ]  # fmt: skip
    document = {"benchmark": name, "quick": quick, "peak_rss_bytes": peak, "rows": figures}
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")

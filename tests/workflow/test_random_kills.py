"""A run that is killed at random moments ends in the same bytes as an undisturbed one."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from damage_helpers import digests
from fuzz_helpers import MANY
from workflow_helpers import TINY, clone, environment, snakemake

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("workflow")]

KILLS = 20 if MANY else 4
"""`make fuzz` kills more often."""
COMMAND = ("snakemake", "--cores", "2", "all", *TINY)
TIMED = ("logs", "benchmarks", ".state", ".snakemake_timestamp", "throughput.csv")
"""Folders and files that say when and how fast a run was."""


def results(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of the results that holds no time."""
    return {
        name: digest
        for name, digest in digests(folder / "results/demo").items()
        if not set(Path(name).parts) & set(TIMED)
    }


def share_done(log: Path) -> float:
    """Return the share of this run's jobs that have finished, 0 before they are planned."""
    steps = re.findall(r"^(\d+) of (\d+) steps", log.read_text(), re.MULTILINE)
    return int(steps[-1][0]) / int(steps[-1][1]) if steps else 0.0


def killed(folder: Path, log: Path, share: float, delay: float, alone: bool) -> bool:
    """Start the workflow and kill it, with its jobs or alone; return whether it was still running.

    The signal comes `delay` seconds after `share` of its jobs have finished.
    """
    with (
        log.open("wb") as output,
        subprocess.Popen(
            COMMAND,
            cwd=folder,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        while process.poll() is None and share_done(log) < share:
            time.sleep(0.05)
        time.sleep(delay)
        running = process.poll() is None
        if alone and running:
            process.kill()
        elif running:
            os.killpg(process.pid, signal.SIGKILL)
    return running


def test_killed_at_random_moments_ends_in_the_same_bytes(finished, tmp_path):
    folder = clone(tmp_path / "clone")
    draw = random.Random(11)
    kills = 0
    for left in reversed(range(KILLS)):
        share, delay = draw.random() / (left + 2), draw.uniform(0, 2)
        kills += killed(folder, tmp_path / "log", share, delay, draw.random() < 0.3)
    snakemake(folder, "all")
    assert kills >= KILLS / 2
    assert results(folder) == results(finished)

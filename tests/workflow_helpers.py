"""Run the workflow in a folder of its own, as a user would in a clone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CLONE = ("workflow", "rules", "envs", "slurm", "config.yaml", "tests")
TINY = ("--configfile", "config.yaml", "tests/workflow/tiny.yaml")


def clone(folder: Path) -> Path:
    """Make `folder` look like a clone: links to what the workflow reads."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in CLONE:
        (folder / name).symlink_to(ROOT / name)
    return folder


def environment(**extra: str) -> dict[str, str]:
    """Return this process's environment with the commands of its Python first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, **extra}


def run(folder: Path, *command: str, expect: int = 0, **extra: str) -> str:
    """Run a command in `folder`; return its output, both streams together."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(**extra),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=900,
    )
    assert done.returncode == expect, done.stdout
    return done.stdout


def snakemake(folder: Path, *arguments: str, expect: int = 0) -> str:
    """Run the tiny demo's workflow with two cores."""
    return run(folder, "snakemake", "--cores", "2", *arguments, *TINY, expect=expect)


def planned(output: str) -> dict[str, int]:
    """Return the number of jobs per rule that a dry run lists."""
    counts: dict[str, int] = {}
    lines = iter(output.splitlines())
    for line in lines:
        if line.split() == ["job", "count"]:
            next(lines)
            for row in lines:
                if not row.strip():
                    return counts
                rule, number = row.split()
                counts[rule] = int(number)
    return counts

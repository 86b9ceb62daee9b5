"""Read the README as a newcomer does: block by block, in a clone whose demo has been made."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from workflow_helpers import ROOT

from orthrus.config.build import load

MADE = ("Makefile", "pyproject.toml", "constraints.txt")
TINY = "tests/workflow/tiny.yaml"
BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>.*?) -->\n)?```(?P<language>\w*)\n(?P<code>.*?)^```$", re.M | re.S
)
MARK = re.compile(r"needs (?P<need>[\w ]+): covered by (?P<file>\S+)::(?P<test>\w+)")


@dataclass(frozen=True)
class Block:
    """A fenced block; `mark` is the comment right above it."""

    line: int
    language: str
    code: str
    mark: str | None


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a Markdown text, in order."""
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("code"))
        found.append(Block(line, match["language"], match["code"], match["mark"]))
    return found


def copy_clone(finished: Path, folder: Path) -> Path:
    """Copy a clone in which the reduced demo has run; there, it is `the demo`."""
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with contextlib.chdir(folder):
        _, build, path = load(yaml.safe_load(Path(TINY).read_text()))
        path.write_text(yaml.safe_dump(build.model_dump(mode="json", exclude_unset=True)))
    for name in MADE:
        shutil.copy2(ROOT / name, folder / name)
    _set_up(folder)
    return folder


def _set_up(folder: Path) -> None:
    """Leave in `folder` what `make setup` would, with the commands of this process's Python."""
    (folder / ".venv").mkdir()
    (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
    (folder / ".venv/.ready").touch()

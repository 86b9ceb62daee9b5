"""What `--help` shows of every command."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import typer
import yaml
from typer.testing import CliRunner
from workflow_helpers import ROOT

from orthrus.cli import app

Words = tuple[str, ...]


def texts(command: object, words: Words = ()) -> Iterator[tuple[Words, str]]:
    """Yield the words of every command and group, and all that its help is to say."""
    options = [getattr(option, "help", None) for option in getattr(command, "params", ())]
    yield words, "\n".join(filter(None, [getattr(command, "help", None), *options]))
    for name, inner in getattr(command, "commands", {}).items():
        yield from texts(inner, (*words, name))


HELP = dict(texts(typer.main.get_command(app)))


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_help_loses_no_brackets(words: Words) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "2000"}).output
    for word in re.findall(r"\S*\[\S*", HELP[words]):
        assert word.replace(r"\[", "[") in shown


def test_help_is_read_whole() -> None:
    assert len(HELP) > 40
    assert r"custom.labels=\[decay_rate]" in HELP["tasks", "add"]


def test_examples_name_models_that_the_demo_makes() -> None:
    demo = yaml.safe_load((ROOT / "workflow/builds/demo.yaml").read_text())
    named = set(re.findall(r"results/demo/pretrain/([\w-]+)", "\n".join(HELP.values())))
    assert named
    assert named <= {*demo["models"]}

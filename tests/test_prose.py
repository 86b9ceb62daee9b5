"""The style of what users read: sentences that stood once and were replaced do not come back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
import typer
from workflow_helpers import ROOT

from orthrus.cli import app

BANNED = (
    "all else apart",
    "is told by their content",
    "when it is typed again",
    "tells the disk that",
    "marks cost what they say",
    "makes way for the next",
    "means a sequence or nothing",
    "vectors under way",
    "what was found how",
    "whose cds nobody told",
    "condemn",
    "is kept, what",
    "on drawn pairs",
    "goes ill with",
    "is no size",
    "of which it knows no weights",
    "it is not known",
    "expect poorer embeddings",
    "make a single file anew",
    "guests",
    "contestants",
    "P2",
)
"""Phrases of a private dialect; each has a plain one in its place."""
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def helps(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    """Yield the help of a command and of all below it, options included."""
    words = [command.help or "", *(getattr(one, "help", None) or "" for one in command.params)]
    yield name, "\n".join(words)
    for below, inner in getattr(command, "commands", {}).items():
        yield from helps(inner, f"{name} {below}")


HELPS = dict(helps(typer.main.get_command(app), "orthrus"))


def banned(text: str) -> list[str]:
    words = " ".join(text.split())
    return [
        phrase
        for phrase in BANNED
        if re.search(rf"\b{re.escape(phrase)}", words, 0 if phrase.isupper() else re.IGNORECASE)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_are_in_plain_words(page) -> None:
    assert banned(page.read_text()) == []


@pytest.mark.parametrize("name", HELPS)
def test_help_is_in_plain_words(name: str) -> None:
    assert HELPS[name].strip()
    assert banned(HELPS[name]) == []


def test_messages_are_in_plain_words() -> None:
    """Any text within the package: docstrings, messages, captions."""
    found = {
        str(path.relative_to(ROOT)): banned(path.read_text())
        for path in (ROOT / "orthrus").rglob("*.py")
    }
    assert {path: phrases for path, phrases in found.items() if phrases} == {}

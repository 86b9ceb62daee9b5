"""What a person sees while a command runs: messages and progress, both on standard error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

T = TypeVar("T")

LOGIN = re.compile(r"(:/{1,2})(?:[^/?#\s]*|[^/?#\s@:]*:(?!\d+(?:[/?#\s]|$))[^\s@]*)@")
SECRET = re.compile(
    r"([?&][^=&\s]*(?:token|key|secret|sig|pass|pwd|auth|credential)[^=&\s]*=)[^&\s]+",
    re.IGNORECASE,
)
"""What of a URL lets others in: its user and password, and parameters that sign a request."""

console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def printable(text: str) -> str:
    r"""Return `text` with control and direction-changing characters as escapes.

    Names from files may hold escape sequences, which a terminal would obey.

    Examples
    --------
    >>> print(printable("BRCA1\x1b[31m"))
    BRCA1\x1b[31m
    """
    if text.isprintable():
        return text
    return "".join(
        letter.encode("unicode_escape").decode() if _is_control(letter) else letter
        for letter in text
    )


def _is_control(letter: str) -> bool:
    return letter not in "\n\t" and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def without_secrets(text: str) -> str:
    """Return `text` with the passwords, tokens and signatures of its URLs replaced by `***`.

    Examples
    --------
    >>> without_secrets("https://me:pw@mirror.org/a?token=1: 404")
    'https://***@mirror.org/a?token=*** 404'
    """
    return SECRET.sub(r"\1***", LOGIN.sub(r"\1***@", text))


def say(message: str) -> None:
    """Print one line on standard error, without markup and without the secrets of URLs."""
    console.print(printable(without_secrets(message)), markup=False)


def progress_bar(*amounts: ProgressColumn) -> Progress:
    """Return a progress display that draws nothing unless standard error is a terminal.

    `amounts` are the columns right of the bar; without any, items done and time remaining.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *(amounts or (MofNCompleteColumn(), TimeRemainingColumn())),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterable[T]:
    """Yield `items`, showing progress when standard error is a terminal."""
    with progress_bar() as bar:
        yield from bar.track(items, total=total, description=description)


@contextmanager
def pulse(description: str) -> Iterator[None]:
    """Show, when standard error is a terminal, that something of unknown length goes on."""
    with progress_bar(TimeElapsedColumn()) as bar:
        bar.add_task(description, total=None)
        yield

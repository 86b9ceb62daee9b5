"""Signals that ask a command to stop: it removes what is incomplete, says one line and ends."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 5.0
"""Seconds in which a further signal does not disturb the clearing up after the first one."""


class Stopped(SystemExit):
    """A signal asked the command to stop; the exit status is that of a shell, 128 + its number."""

    def __init__(self, number: int) -> None:
        self.status, self.name = 128 + number, signal.Signals(number).name
        super().__init__(self.status)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Turn signals into `Stopped` inside the block, except those that are ignored, as by nohup."""
    first: float | None = None

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if first is None or now - first > _PATIENCE:
            first = now
            raise Stopped(number)

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

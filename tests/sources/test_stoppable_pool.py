"""Threads that are waited for, unless a signal asks the command to stop."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from orthrus.sources.stoppable_pool import StoppablePool


class Work:
    """Two pieces of work for one thread, in a block that an error ends."""

    def __init__(self) -> None:
        self.started, self.released = threading.Event(), threading.Event()
        self.futures: list[Future[None]] = []

    def run(self) -> None:
        self.started.set()
        self.released.wait()

    def end_by(self, error: BaseException) -> None:
        with StoppablePool(1) as pool:
            self.futures = [pool.submit(self.run), pool.submit(self.run)]
            assert self.started.wait(60)
            raise error


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
def test_a_stop_waits_for_no_thread(stop: type[BaseException]) -> None:
    work = Work()
    with pytest.raises(stop):
        work.end_by(stop())
    running, waiting = work.futures
    assert not running.done()
    assert waiting.cancelled()
    work.released.set()


def test_an_error_waits_for_what_runs_and_cancels_the_rest() -> None:
    work = Work()
    threading.Timer(0.2, work.released.set).start()
    with pytest.raises(ValueError, match="wrong"):
        work.end_by(ValueError("wrong"))
    running, waiting = work.futures
    assert running.done()
    assert waiting.cancelled()

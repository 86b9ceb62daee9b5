"""Threads that wait for servers, and that a signal to stop does not wait for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType


class StoppablePool(ThreadPoolExecutor):
    """A pool of threads whose block ends at once when a signal asks the command to stop.

    The work that runs then ends with the process. After any error, work that has not begun is
    cancelled.
    """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for the threads, unless the block was left by a signal."""
        stopping = isinstance(error, (KeyboardInterrupt, SystemExit))
        self.shutdown(wait=not stopping, cancel_futures=error is not None)

"""Which process left a file behind, and whether it still runs."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process, so that it can be told from every other one, on whatever machine.

    Attributes
    ----------
    host, boot, namespace
        Its machine, the machine's boot, and the set of processes that it sees (a container has
        one of its own).
    pid, start
        Its number, and when it started: numbers are used again.
    since
        When this was written down (UTC).
    """

    host: str
    boot: str
    namespace: str
    pid: int
    start: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"

    @property
    def is_over(self) -> bool:
        """Whether it has ended for certain; processes of other machines cannot be looked at."""
        here = this_process()
        place = ("host", "boot", "namespace")
        if any(getattr(self, name) != getattr(here, name) for name in place):
            return False
        return _start(self.pid) != self.start

    def write(self, path: Path) -> None:
        """Write it down."""
        path.write_text(json.dumps(asdict(self)) + "\n")


def this_process() -> Process:
    """Return the process that runs this."""
    return Process(
        host=socket.gethostname(),
        boot=_text(Path("/proc/sys/kernel/random/boot_id")),
        namespace=_target(Path("/proc/self/ns/pid")),
        pid=os.getpid(),
        start=_start(os.getpid()),
        since=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
    )


def read_process(path: Path) -> Process | None:
    """Return the process that was written to a file; None when the file does not hold one."""
    try:
        values = json.loads(path.read_text())
        return Process(**{field.name: values[field.name] for field in fields(Process)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _start(pid: int) -> str:
    """Return when a process started, in ticks after the boot; empty when it has ended."""
    state, *rest = _text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split() or ["X"]
    return "" if state in "ZX" else rest[18]


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""

"""How much memory a process may still take."""

from __future__ import annotations

import os
from pathlib import Path

MEMORY = Path("/proc/meminfo")
GROUP = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")


def available_memory(memory: Path = MEMORY, group: Path = GROUP, groups: Path = GROUPS) -> int:
    """Return the bytes that are free on this machine and, on Linux, within the job's own limit.

    A scheduler such as Slurm limits a job by its control group (version 2); the limit of every
    group above holds too.
    """
    free = [_free(memory)]
    if group.is_file():
        here = group.read_text().splitlines()[-1].rpartition(":")[2].strip("/")
        for folder in [groups / here, *(groups / here).parents]:
            if (folder / "memory.max").is_file():
                limit = (folder / "memory.max").read_text().strip()
                used = int((folder / "memory.current").read_text())
                if limit != "max":
                    free.append(max(0, int(limit) - used))
    return min(free)


def _free(memory: Path) -> int:
    if memory.is_file():
        for line in memory.read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

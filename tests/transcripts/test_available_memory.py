from pathlib import Path

import pytest

from orthrus.transcripts.available_memory import available_memory


@pytest.fixture
def machine(tmp_path: Path) -> tuple[Path, Path, Path]:
    (tmp_path / "meminfo").write_text("MemTotal:  900 kB\nMemFree: 1 kB\nMemAvailable:   500 kB\n")
    (tmp_path / "cgroup").write_text("0::/slurm/job_7\n")
    (tmp_path / "groups/slurm/job_7").mkdir(parents=True)
    return tmp_path / "meminfo", tmp_path / "cgroup", tmp_path / "groups"


def limit(group: Path, most: str, used: int) -> None:
    (group / "memory.max").write_text(f"{most}\n")
    (group / "memory.current").write_text(f"{used}\n")


def test_what_the_machine_has_free(machine: tuple[Path, Path, Path], tmp_path: Path) -> None:
    assert available_memory(*machine) == 500 * 1024
    assert available_memory(machine[0], tmp_path / "none", tmp_path) == 500 * 1024


def test_every_limit_of_the_job_holds(machine: tuple[Path, Path, Path]) -> None:
    groups = machine[2]
    limit(groups / "slurm/job_7", "max", 70)
    assert available_memory(*machine) == 500 * 1024
    limit(groups / "slurm", "400000", 100_000)
    assert available_memory(*machine) == 300_000
    limit(groups / "slurm/job_7", "80", 90)
    assert available_memory(*machine) == 0


def test_a_system_without_proc_counts_its_memory(tmp_path: Path) -> None:
    assert available_memory(tmp_path / "none", tmp_path / "none", tmp_path) > 1 << 28

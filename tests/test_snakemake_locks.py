"""Locks of Snakemake that a killed run left, and those that somebody may still need."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest
from process_helpers import elsewhere, ended

from orthrus.process_identity import Process, read_process
from orthrus.snakemake_locks import RUNS, clear_stale_locks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "0.input.lock").write_text("a\n")
    (tmp_path / RUNS).mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def at_exit(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is to be called at the end, which a test's folder may not see."""
    called: list[object] = []
    monkeypatch.setattr("atexit.register", lambda *given, **_: called.append(given[0]))
    return called


def run_of(folder: Path, run: Process, name: str = "other.json") -> Path:
    run.write(folder / RUNS / name)
    return folder / RUNS / name


def test_locks_of_a_killed_run_go(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = run_of(folder, ended(folder))
    held = clear_stale_locks(folder)
    assert held is not None
    assert not (folder / "locks").exists()
    assert not record.exists()
    (own,) = (folder / RUNS).iterdir()
    found = read_process(own)
    assert found is not None
    assert found.pid == os.getpid()
    assert capsys.readouterr().err == ""
    held.close()


@pytest.mark.parametrize(
    "changes",
    [{"host": "n042"}, {"boot": "another"}, {"namespace": "pid:[1]"}],
    ids=["host", "boot", "container"],
)
def test_locks_of_another_machine_stay(
    folder: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str]
) -> None:
    other = ended(folder, **changes)
    record = run_of(folder, other)
    run_of(folder, ended(folder), "killed.json")
    for _ in range(2):  # what the first one notes does not mislead the second one
        held = clear_stale_locks(folder)
        assert held is not None
        held.close()
        (told,) = capsys.readouterr().err.splitlines()
        assert str(other) in told
        assert str(record) in told
        assert "snakemake --unlock" in told
        assert (folder / "locks" / "0.input.lock").exists()


def test_locks_of_a_live_process_stay_though_flock_knows_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_of(folder, elsewhere(since="2024-01-01 00:00"))
    held = clear_stale_locks(folder)
    assert held is not None
    held.close()
    assert "since 2024-01-01 00:00" in capsys.readouterr().err
    assert (folder / "locks" / "0.input.lock").exists()


def test_locks_of_nobody_stay(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = clear_stale_locks(folder)
    assert held is not None
    held.close()
    assert "a run that is not known" in capsys.readouterr().err
    assert (folder / "locks" / "0.input.lock").exists()


def test_another_machine_without_locks_is_not_mentioned(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "locks" / "0.input.lock").unlink()
    record = run_of(folder, elsewhere())
    held = clear_stale_locks(folder)
    assert held is not None
    held.close()
    assert record.exists()
    assert capsys.readouterr().err == ""


def test_jobs_remove_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_of(folder, ended(folder))
    assert clear_stale_locks(folder, main=False) is None
    assert (folder / "locks" / "0.input.lock").exists()
    assert len(list((folder / RUNS).iterdir())) == 1


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def flock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    run_of(folder, ended(folder))
    assert clear_stale_locks(folder) is None
    (told,) = capsys.readouterr().err.splitlines()
    assert "file systems without file locks" in told
    assert "snakemake --unlock" in told
    assert (folder / "locks" / "0.input.lock").exists()


def test_the_snakefile_tells_jobs_from_runs() -> None:
    rules = (Path(__file__).parents[1] / "rules" / "common.smk").read_text()
    assert "clear_stale_locks(main=workflow.is_main_process)" in rules

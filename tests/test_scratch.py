from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from process_helpers import elsewhere, ended

from orthrus.files import atomic_file, atomic_folder
from orthrus.process_identity import Process, read_process, this_process
from orthrus.scratch import OWNER


def left(folder: Path, owner: Process | None, name: str = ".out.0123abcd") -> Path:
    """Make the scratch folder of a process."""
    scratch = folder / name
    scratch.mkdir()
    (scratch / "out").write_text("half")
    if owner is not None:
        owner.write(scratch / OWNER)
    return scratch


def write(path: Path) -> None:
    with atomic_file(path) as scratch:
        scratch.write_text("whole")


def test_live_and_unknown_scratch_stays(tmp_path: Path) -> None:
    owners = {
        "11111111": this_process(),
        "22222222": elsewhere(),
        "33333333": elsewhere(boot="another"),
        "44444444": ended(tmp_path, host="n042"),
        "55555555": ended(tmp_path, namespace="pid:[1]"),
        "66666666": None,
    }
    kept = [left(tmp_path, owner, f".out.{name}") for name, owner in owners.items()]
    gone = left(tmp_path, ended(tmp_path))
    reused = left(tmp_path, elsewhere(start="1"), ".out.77777777")
    write(tmp_path / "out")
    assert all(folder.exists() for folder in kept)
    assert not gone.exists()
    assert not reused.exists()


def test_only_scratch_of_the_same_output_goes(tmp_path: Path) -> None:
    owner = ended(tmp_path)
    names = (".out.0123abc", ".out.0123abcde", ".out.b.0123abcd", "out.0123abcd", ".o.t.0123abcd")
    kept = [left(tmp_path, owner, name) for name in names]
    (tmp_path / "away").mkdir()
    shutil.copytree(left(tmp_path, owner), tmp_path / "away" / "real")
    link = tmp_path / ".out.89abcdef"
    link.symlink_to(tmp_path / "away" / "real")
    write(tmp_path / "out")
    assert all(folder.exists() for folder in kept)
    assert link.exists()


def test_a_folder_that_was_moved_away_comes_back(tmp_path: Path) -> None:
    scratch = left(tmp_path, ended(tmp_path))
    (scratch / "old").mkdir()
    (scratch / "old" / "a").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "out"):
        raise RuntimeError
    assert not scratch.exists()
    assert (tmp_path / "out" / "a").read_text() == "old"


def test_a_failed_exchange_keeps_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("old")

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("orthrus.sync_to_disk.rename", fail)
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "out") as fresh:
        (fresh / "a").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "a").read_text() == "old"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"host": "a"}', '"a"', "\xff"])
def test_a_broken_record_is_of_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text, encoding="latin-1")
    assert read_process(tmp_path / "a") is None

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

import orthrus
from orthrus import sync_to_disk
from orthrus.files import atomic_file, atomic_folder

Events = list[tuple[str, str]]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """What is synced and renamed, in this order, by the last part of its path."""
    seen: Events = []
    rename = Path.replace

    def fsync(descriptor: int) -> None:
        seen.append(("sync", Path(f"/proc/self/fd/{descriptor}").readlink().name))

    def replace(self: Path, target: Path) -> Path:
        seen.append(("rename", Path(target).name))
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    return seen


def test_files_are_synced_before_they_are_renamed(tmp_path: Path, events: Events) -> None:
    with atomic_file(tmp_path / "a.txt") as scratch:
        scratch.write_text("a")
    assert events == [("sync", "a.txt"), ("rename", "a.txt"), ("sync", tmp_path.name)]


def test_folders_are_synced_with_all_that_they_hold(tmp_path: Path, events: Events) -> None:
    with atomic_folder(tmp_path / "store") as fresh:
        (fresh / "deep").mkdir()
        (fresh / "deep" / "b").write_text("b")
        (fresh / "a").write_text("a")
    renamed = events.index(("rename", "store"))
    assert {name for _, name in events[:renamed]} == {"a", "b", "deep", "new"}
    assert events[renamed + 1 :] == [("sync", tmp_path.name)]


@pytest.mark.parametrize(("code", "passes"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_only_a_folder_that_cannot_be_synced_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, passes: bool
) -> None:
    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fsync)
    (tmp_path / "a").write_text("a")
    if passes:
        sync_to_disk.rename(tmp_path / "a", tmp_path / "b")
        assert (tmp_path / "b").read_text() == "a"
    else:
        with pytest.raises(OSError, match=os.strerror(code)):
            sync_to_disk.rename(tmp_path / "a", tmp_path / "b")


def test_nothing_is_renamed_elsewhere() -> None:
    renaming = re.compile(r"os\.(replace|rename)\(|shutil\.move\(|\b\w*path\w*\.replace\(")
    found = [
        path.name
        for path in Path(orthrus.__file__).parent.rglob("*.py")
        if path.name != "durable.py" and renaming.search(path.read_text())
    ]
    assert not found

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sources_helpers import files_below

from orthrus.errors import OrthrusError
from orthrus.sources.part_files import partial


def test_published_file_replaces_all_traces(tmp_path: Path) -> None:
    target = tmp_path / "a" / "file"
    with partial(target) as part:
        part.restart('"tag"')
        part.path.write_bytes(b"whole")
        part.publish(target)
    assert files_below(tmp_path) == ["a", "a/file"]
    assert target.read_bytes() == b"whole"


def test_bytes_and_tag_outlive_a_failure(tmp_path: Path) -> None:
    target = tmp_path / "file"

    def fail() -> None:
        with partial(target) as part:
            part.restart('"tag"')
            part.path.write_bytes(b"half")
            raise OrthrusError("broken")

    with pytest.raises(OrthrusError, match="broken"):
        fail()
    with partial(target) as part:
        assert (part.size, part.tag) == (4, '"tag"')


def test_an_empty_partial_file_and_its_folders_vanish(tmp_path: Path) -> None:
    with partial(tmp_path / "a" / "b" / "file"):
        pass
    assert files_below(tmp_path) == []


def test_two_transfers_of_one_file_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with (
        partial(target),
        pytest.raises(OrthrusError, match=r"file.part.lock: another process is fetching"),
        partial(target),
    ):
        pass


def test_a_partial_file_that_is_replaced_stays_held(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with partial(target) as part:
        (tmp_path / "unpacked").write_bytes(b"unpacked")
        (tmp_path / "unpacked").replace(part.path)
        with pytest.raises(OrthrusError, match="another process"), partial(target):
            pass
        part.publish(target)
    assert files_below(tmp_path) == ["file"]


def test_the_lock_of_a_killed_process_holds_nobody(tmp_path: Path) -> None:
    (tmp_path / "file.part.lock").touch()
    (tmp_path / "file.part").write_bytes(b"half")
    with partial(tmp_path / "file") as part:
        assert part.size == 4
    assert files_below(tmp_path) == ["file.part"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    with pytest.raises(OrthrusError, match="cannot be written"), partial(tmp_path / "a" / "b"):
        pass


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("other"), os.mkfifo])
def test_links_and_pipes_are_not_replaced(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "data.bin")
    with pytest.raises(OrthrusError, match=r"data\.bin: is a"), partial(tmp_path / "data.bin"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["data.bin"]

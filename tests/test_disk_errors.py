"""Full, read-only and broken disks: one line that names what could not be written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from damage_helpers import full_disk

from orthrus import disk_errors
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, atomic_folder, write_json

ORTHRUS = Path(sys.executable).with_name("orthrus")


@pytest.fixture(params=[0, 1, 4], ids="{} pages left".format)
def full(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk with nearly no space; skips where none can be mounted."""
    with full_disk(tmp_path / "disk", request.param) as folder:
        yield folder


def expected(path: Path) -> str:
    return (
        f"{path}: cannot be written: No space left on device; free some space, or write elsewhere"
    )


def test_a_full_disk_is_one_line(full: Path) -> None:
    path = full / "out"
    with pytest.raises(OrthrusError) as error, atomic_file(path) as scratch:
        scratch.write_bytes(bytes(1 << 20))
    assert str(error.value) == expected(path)
    with pytest.raises(OrthrusError) as error, atomic_folder(path) as fresh:
        write_json(list(range(10_000)), fresh / "inner" / "a.json")
    assert str(error.value) == expected(path)
    with pytest.raises(OrthrusError) as error, atomic_file(path) as scratch:
        pl.DataFrame({"a": range(100_000)}).write_parquet(scratch, compression="uncompressed")
    assert str(error.value) == expected(path)
    assert [child.name for child in full.iterdir()] == ["filler"]


def test_a_command_on_a_full_disk(full: Path) -> None:
    command = [ORTHRUS, "simulate", full / "m", "--set", "genes=30"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, f"error: {expected(full / 'm')}\n")


def test_printing_to_a_full_disk() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [ORTHRUS, "sources", "list"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("write failed: No space left on device (os error 28)"),
        ValueError('IoError(Os { code: 28, kind: StorageFull, message: "..." })'),
        OSError("[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left"),
    ],
    ids=["ours", "polars", "safetensors", "pyarrow"],
)
def test_libraries_wrap_it(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(OrthrusError) as told, atomic_file(tmp_path / "out"):
        raise error
    assert str(told.value) == expected(tmp_path / "out")
    wrapped = KeyError("wrapped")
    wrapped.__cause__ = error
    with pytest.raises(OrthrusError) as told, atomic_file(tmp_path / "out"):
        raise wrapped
    assert str(told.value) == expected(tmp_path / "out")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EDQUOT, "cannot be written: Disk quota exceeded; free some of your quota"),
        (errno.EROFS, "cannot be written: Read-only file system; write elsewhere"),
        (errno.EIO, "cannot be read or written: Input/output error; check the disk"),
        (errno.EACCES, "cannot be read or written: Permission denied; check its permissions"),
    ],
)
def test_other_faults(tmp_path: Path, code: int, words: str) -> None:
    with pytest.raises(OrthrusError, match=words), atomic_file(tmp_path / "out"):
        raise OSError(code, os.strerror(code))
    with pytest.raises(OrthrusError) as told, atomic_file(tmp_path / "out"):
        raise OSError(code, os.strerror(code), "/elsewhere/input")
    assert str(told.value).startswith(f"/elsewhere/input: {words}")


def test_other_errors_pass(tmp_path: Path) -> None:
    for error in (KeyError("a"), OSError(errno.ENOENT, "gone"), OrthrusError("os error 28")):
        with pytest.raises(type(error)) as told, atomic_file(tmp_path / "out"):
            raise error
        assert told.value is error


def test_a_temporary_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with (
        pytest.raises(OrthrusError, match=f"{tmp_path}.*No space left"),
        disk_errors.temporary_folder(),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")

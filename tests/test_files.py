from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from custom_helpers import BGZF_END, bgzip

from orthrus import files
from orthrus.errors import OrthrusError
from orthrus.files import (
    atomic_file,
    atomic_files,
    atomic_folder,
    is_gzip,
    open_bytes,
    open_text,
    read_json,
    sha256,
    write_json,
)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def write_half_a_file(target: Path) -> None:
    with atomic_file(target) as scratch:
        scratch.write_text("half")
        raise KeyboardInterrupt


def write_half_a_folder(target: Path) -> None:
    with atomic_folder(target) as fresh:
        write_half_a_file(fresh / "file")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file"
    with atomic_file(target) as scratch:
        scratch.write_text("first")
        assert not target.exists()
    with pytest.raises(KeyboardInterrupt):
        write_half_a_file(target)
    assert target.read_text() == "first"
    assert names(tmp_path) == ["deep", "deep/file"]


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    for content in ("first", "second"):
        with atomic_folder(target) as fresh:
            (fresh / "file").write_text(content)
    (target / ".snakemake_timestamp").touch()
    with pytest.raises(KeyboardInterrupt):
        write_half_a_folder(target)
    assert (target / "file").read_text() == "second"
    with atomic_folder(target) as fresh:
        (fresh / "file").write_text("third")
    assert names(tmp_path) == ["folder", "folder/file"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("older")
    (tmp_path / "thesis.tex").write_text("precious")
    message = r"exists and holds thesis\.tex, which would be lost"
    with pytest.raises(OrthrusError, match=message), atomic_folder(tmp_path) as fresh:
        (fresh / "file").write_text("newer")
    assert names(tmp_path) == ["file", "thesis.tex"]
    assert (tmp_path / "file").read_text() == "older"


def test_files_and_folders_do_not_replace_each_other(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OrthrusError, match="is a file; name a folder"):
        atomic_folder(tmp_path / "file").__enter__()
    with pytest.raises(OrthrusError, match="is a folder; name a file"):
        atomic_file(tmp_path / "folder").__enter__()
    with pytest.raises(OrthrusError, match="cannot be written: "):
        atomic_file(tmp_path / "file" / "below").__enter__()
    assert names(tmp_path) == ["file", "folder"]


@pytest.mark.parametrize("packed", [True, False])
def test_content_decides_about_compression(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "misnamed.txt"
    text = "Ä\tb\r\n" * 3
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert is_gzip(path) is packed
    with open_bytes(path) as handle:
        assert handle.read() == text.encode()
    with open_text(path) as lines:
        assert list(lines) == ["Ä\tb\n"] * 3


@pytest.mark.parametrize("keep", [2, 12, -9, -1])
def test_a_truncated_gzip_is_never_taken_for_whole(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 99)[:keep])
    message = r"file\.gz: the gzip stream is truncated or corrupt"
    with pytest.raises(OrthrusError, match=message), open_bytes(path) as handle:
        handle.read()


@pytest.mark.parametrize("cut", [b"", BGZF_END[:-1], BGZF_END + b"x"])
def test_a_bgzip_file_without_its_end_is_truncated(tmp_path: Path, cut: bytes) -> None:
    path = tmp_path / "file.bgz"
    whole = bgzip(b"a\tb\n" * 999)
    path.write_bytes(whole)
    with open_bytes(path) as handle:
        assert handle.read() == b"a\tb\n" * 999
    path.write_bytes(whole.removesuffix(BGZF_END) + cut)
    message = r"file\.bgz: is truncated \(bgzip's end marker is missing\); fetch or write it again"
    with pytest.raises(OrthrusError, match=message), open_bytes(path) as handle:
        handle.read()


def test_gzip_with_another_extra_field_needs_no_end_marker(tmp_path: Path) -> None:
    plain = gzip.compress(b"text")
    extra = plain[:3] + b"\x04" + plain[4:10] + b"\x06\x00XX\x02\x00ab" + plain[10:]
    (tmp_path / "file.gz").write_bytes(extra)
    with open_bytes(tmp_path / "file.gz") as handle:
        assert handle.read() == b"text"


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "named")
    reading, writing = os.pipe()
    os.write(writing, b"text")
    os.close(writing)
    for path in (tmp_path / "named", Path(f"/dev/fd/{reading}")):
        with pytest.raises(OrthrusError, match=f"{path}: is a pipe; give a file"):
            open_bytes(path).__enter__()
    os.close(reading)


def test_a_flipped_byte_is_noticed(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(bytes(range(256)) * 99))
    content[-6] ^= 1  # of the checksum
    (tmp_path / "file.gz").write_bytes(content)
    message = "truncated or corrupt"
    with pytest.raises(OrthrusError, match=message), open_bytes(tmp_path / "file.gz") as handle:
        handle.read()


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"ab\xe4\n")
    message = r"latin: is not UTF-8 text \(byte 2\)"
    with pytest.raises(OrthrusError, match=message), open_text(tmp_path / "latin") as lines:
        lines.read()


def test_json_is_sorted_and_read_back(tmp_path: Path) -> None:
    write_json({"b": [1, None], "a": "x"}, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text().index('"a"') < 5
    assert read_json(tmp_path / "a.json") == {"a": "x", "b": [1, None]}
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(OrthrusError, match=r"a\.json: is not JSON"):
        read_json(tmp_path / "a.json")
    with pytest.raises(OrthrusError, match=r"absent: cannot be read: No such file"):
        read_json(tmp_path / "absent")


def test_digest(tmp_path: Path) -> None:
    (tmp_path / "abc").write_text("abc")
    assert sha256(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_a_gzip_bomb_of_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_TEXT", 1000)
    (tmp_path / "t").write_bytes(gzip.compress(b"a" * 1000))
    with open_text(tmp_path / "t") as lines:
        assert lines.read() == "a" * 1000
    (tmp_path / "t").write_bytes(gzip.compress(b"a" * 1001))
    message = "t: has more than 1,000 bytes when decompressed"
    with pytest.raises(OrthrusError, match=message), open_text(tmp_path / "t") as lines:
        lines.read()


def test_json_of_endless_depth_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"[" * 100_000)
    with pytest.raises(OrthrusError, match="t: is not JSON: maximum recursion depth"):
        read_json(tmp_path / "t")


@pytest.mark.parametrize("write", [atomic_files, atomic_folder])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_links_and_pipes_in_a_folder_are_not_replaced(
    tmp_path: Path, write: Callable[[Path], AbstractContextManager[Path]], kind: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    if kind == "link":
        (folder / "a").symlink_to("nowhere")
    else:
        os.mkfifo(folder / "a")
    with (
        pytest.raises(OrthrusError, match=r"out/a: is a .*, which would be replaced"),
        write(folder),
    ):
        pass
    assert not (folder / "a").is_file()


def test_files_go_into_a_folder_together_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    for text in ("old", "new"):
        with atomic_files(folder) as fresh:
            (fresh / "a").write_text(text)
            (fresh / "b").write_text(text)
            assert not (folder / "a").exists() or (folder / "a").read_text() == "old"
    (folder / "other").write_text("stays")
    with pytest.raises(ZeroDivisionError), atomic_files(folder) as fresh:
        (fresh / "a").write_text(str(1 / 0))
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "a": "new",
        "b": "new",
        "other": "stays",
    }
    assert list(tmp_path.iterdir()) == [folder]
    with (
        pytest.raises(OrthrusError, match="other: is a file; name a folder"),
        atomic_files(folder / "other"),
    ):
        pass

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import typer

from orthrus.cli import app
from orthrus.errors import OrthrusError
from orthrus.files import atomic_file, atomic_folder
from orthrus.output_formats import plain, suffix_of, table

Publish = Callable[[Path], AbstractContextManager[Path]]


def test_a_known_suffix() -> None:
    assert suffix_of(Path("a.b/c.d.tsv"), ".csv", ".tsv") == ".tsv"
    assert table(Path("t.splits.parquet")) == Path("t.splits.parquet")


@pytest.mark.parametrize("name", ["o.csv", "o", "o.parquet.gz", ".parquet"])
def test_other_suffixes(name: str) -> None:
    with pytest.raises(OrthrusError) as error:
        suffix_of(Path(name), ".a", ".b", ".c", otherwise=", or wait")
    message = f"{name}: its suffix is none of those known here; name it .a, .b or .c, or wait"
    assert str(error.value) == message
    with pytest.raises(OrthrusError, match=r"; name it \.parquet$"):
        table(Path(name))


@pytest.fixture
def special(tmp_path: Path) -> dict[str, Path]:
    """What is neither a file nor a folder, by the words that say so."""
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(tmp_path / "socket"))
    sock.close()
    links = {"link": "file", "folder_link": "folder", "dangling": "nowhere", "loop": "loop"}
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    return {
        "is a pipe": tmp_path / "pipe",
        "is a socket": tmp_path / "socket",
        "is a device": Path("/dev/null"),
        f"link to file, which would be replaced; name {tmp_path / 'file'}": tmp_path / "link",
        "is a symbolic link to folder": tmp_path / "folder_link",
        "link to nowhere, which would be replaced; name a file": tmp_path / "dangling",
        "is a symbolic link to loop": tmp_path / "loop",
    }


@pytest.mark.parametrize("publish", [atomic_file, atomic_folder])
def test_links_and_devices_are_not_replaced(special: dict[str, Path], publish: Publish) -> None:
    for message, path in special.items():
        before = os.lstat(path)
        with pytest.raises(OrthrusError) as error, publish(path):
            pass
        assert message in str(error.value)
        with pytest.raises(OrthrusError) as error:
            plain(path)
        assert message in str(error.value)
        assert os.path.samestat(os.lstat(path), before)


def test_a_link_among_the_folders_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with atomic_file(tmp_path / "link" / "out") as scratch:
        scratch.write_text("new")
    assert (tmp_path / "real" / "out").read_text() == "new"
    assert (tmp_path / "link").is_symlink()


def outputs(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the words of every command with each option that names what it writes."""
    for param in command.params:
        if {"-o", "--leakage", "--record"} & set(param.opts) or param.name == "out":
            yield " ".join(words), param
    for name, inner in getattr(command, "commands", {}).items():
        yield from outputs(inner, (*words, name))


def test_every_command_looks_at_its_output_before_any_work() -> None:
    command = typer.main.get_command(app)
    found = list(outputs(command))
    assert len(found) > 20
    for words, param in found:
        assert param.callback is not None, words
        with pytest.raises(OrthrusError, match=r"/dev/stdout: |none of those known"):
            param.callback(typer.Context(command), param, Path("/dev/stdout"))

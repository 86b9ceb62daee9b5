"""Digests inside files: no flipped byte passes, and other programs see the same content."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.numpy import load_file, save

from orthrus import embedded_digests, schemas
from orthrus.errors import OrthrusError
from orthrus.files import open_existing, read_json, write_json

MEMBERS = pl.DataFrame({"row": [3, 1, 2]}, schema=schemas.MEMBERS.schema)
FACTS = {"b": [1, None], "a": "x"}


def write_table(path: Path) -> None:
    schemas.write_table(MEMBERS, path, schemas.MEMBERS)


def write_tensors(path: Path) -> None:
    path.write_bytes(
        embedded_digests.seal_safetensors(save({"a": np.arange(3.0)}, {"format": "pt"}))
    )


def write_zip(path: Path) -> None:
    torch.save({"a": torch.arange(3)}, path)
    embedded_digests.append(path)


def check(path: Path) -> None:
    with open_existing(path) as handle:
        assert embedded_digests.check(handle, path)
        assert handle.tell() == 0


def check_text(path: Path) -> None:
    read_json(path)


WRITERS: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "parquet": (write_table, check),
    "safetensors": (write_tensors, check),
    "zip": (write_zip, check),
    "json": (lambda path: write_json(FACTS, path), check_text),
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("mask", [0x01, 0x29, 0xFF])
def test_every_flipped_byte_is_noticed(tmp_path: Path, kind: str, mask: int) -> None:
    write, read = WRITERS[kind]
    path = tmp_path / "f"
    write(path)
    read(path)
    sound = path.read_bytes()
    for at in range(0, len(sound), 1 + len(sound) // 700):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ mask]) + sound[at + 1 :])
        with pytest.raises(OrthrusError) as error:
            read(path)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", WRITERS)
def test_the_same_content_has_the_same_bytes(tmp_path: Path, kind: str) -> None:
    write, _ = WRITERS[kind]
    for folder in "abcd":
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "f")
    assert len({path.read_bytes() for path in tmp_path.glob("*/f")}) == 1


def test_other_programs_see_the_same_content(tmp_path: Path) -> None:
    for kind, (write, _) in WRITERS.items():
        write(tmp_path / kind)
    assert pl.read_parquet(tmp_path / "parquet").equals(MEMBERS)
    assert pq.read_table(tmp_path / "parquet").to_pydict() == MEMBERS.to_dict(as_series=False)
    assert load_file(tmp_path / "safetensors")["a"].tolist() == [0, 1, 2]
    assert torch.load(tmp_path / "zip", weights_only=True)["a"].tolist() == [0, 1, 2]
    assert json.loads((tmp_path / "json").read_text()) == FACTS


def test_a_file_that_another_program_rewrote_has_no_seal(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_table(path)
    pq.write_table(pq.read_table(path), path)
    with open_existing(path) as handle:
        assert not embedded_digests.check(handle, path)
    assert schemas.read_table(path, schemas.MEMBERS).equals(MEMBERS)
    write_json(FACTS, path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"a": "y"}))
    assert read_json(path)["a"] == "y"


def test_an_edited_json_is_told_from_a_sound_one(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    write_json(FACTS, path)
    path.write_text(path.read_text().replace('"x"', '"z"'))
    with pytest.raises(OrthrusError, match=r"f\.json: is damaged or was edited: .*; make it again"):
        read_json(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"orthrus.sha256", b"orthrus.sha256:00"])
def test_what_is_no_seal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    with open_existing(path) as handle:
        if embedded_digests.FRAME in content:
            with pytest.raises(OrthrusError, match="is damaged or was edited"):
                embedded_digests.check(handle, path)
        else:
            assert not embedded_digests.check(handle, path)

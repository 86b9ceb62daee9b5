"""One flipped byte of a fetched file is noticed by whoever reads the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from damage_helpers import flip
from typer.testing import CliRunner

from orthrus.annotation.build import Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.cli import app
from orthrus.config.annotation import AnnotationSettings
from orthrus.config.relations import GroupSettings, HomologySettings
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.errors import OrthrusError
from orthrus.relations.build import build_relations
from orthrus.relations.homology import build_homology
from orthrus.sources import fetch_records
from orthrus.tasks.build import TaskSources
from orthrus.tasks.build import build as build_task
from orthrus.transcripts.encode import encode_store

NAMES = ("a.org/one.tsv", "a.org/deep/genome.fa", "a.org/o'b c.bed")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        path = tmp_path / "mirror" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"chr1\t0\t9\tname\n" * 9)
    return tmp_path / "mirror"


def fetch(*names: str) -> str:
    command = ["sources", "fetch", *names, "--resources", "r", "--mirror", "mirror"]
    return CliRunner().invoke(app, command, catch_exceptions=False).stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_byte_is_fetched_again(mirror: Path, name: str) -> None:
    told = f"r/{name}: unpinned, as first fetched, 126 bytes"
    assert fetch(name) == f"{told}\n"
    assert fetch(name) == f"{told}\n"
    flip(Path("r", name))
    first, second = fetch(name).splitlines()
    assert first == (
        f"r/{name}: it is not what was fetched, by the SHA-256 of its record; fetching it again"
    )
    assert second == told
    assert Path("r", name).read_bytes() == (mirror / name).read_bytes()


def in_annotation(path: Path) -> None:
    build(Files(path), SetMetadata("hg38.a", "x"), AnnotationSettings())


def in_companion(path: Path) -> None:
    files = Files(Path("r", NAMES[0]), tags=path)
    build(files, SetMetadata("hg38.a", "x"), AnnotationSettings())


def in_genome(path: Path) -> None:
    encode_store("t.parquet", path, "out.zarr", TranscriptsSettings())


def in_aliases(path: Path) -> None:
    encode_store("t.parquet", "genome.fa", "out.zarr", TranscriptsSettings(), path)


def in_homology(path: Path) -> None:
    build_homology(path, [], Path("out.parquet"), HomologySettings())


def in_orthologs(path: Path) -> None:
    build_relations([], Path("out"), GroupSettings(cross_species="orthologs"), path)


def in_task(path: Path) -> None:
    build_task("rna_hl_human", TaskSources([path]))


READERS = [
    *(in_annotation, in_companion, in_genome, in_aliases, in_homology, in_orthologs, in_task)
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", NAMES[1:])
def test_every_stage_notices_a_flipped_byte(
    mirror: Path, name: str, reader: Callable[[Path], None]
) -> None:
    fetch(*NAMES)
    path = Path("r", name)
    before = sorted(Path().rglob("*"))
    flip(path)
    with pytest.raises(OrthrusError, match="is not the file that was fetched") as error:
        reader(path)
    assert str(path) in str(error.value)
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("content", ["", "[1]", '{"path": '])
def test_a_damaged_record_is_made_anew(mirror: Path, content: str) -> None:
    fetch(NAMES[0])
    fetch_records.place(Path("r"), NAMES[0]).write_text(content)
    assert "its record cannot be read" in fetch(NAMES[0])
    assert fetch(NAMES[0]) == f"r/{NAMES[0]}: unpinned, as first fetched, 126 bytes\n"


def test_a_file_without_a_record_is_not_called_as_fetched(mirror: Path) -> None:
    fetch(NAMES[0])
    fetch_records.place(Path("r"), NAMES[0]).unlink()
    assert "unpinned, found in place and compared with nothing" in fetch(NAMES[0])


def test_files_without_a_record_are_ones_own(mirror: Path) -> None:
    fetch(NAMES[0])
    shutil.copy(Path("r", NAMES[0]), "r/mine.tsv")
    fetch_records.check(["r/mine.tsv", mirror / NAMES[0], None, Path("r", NAMES[0]), "absent"])


@pytest.mark.parametrize("link", ["mine.tsv", "r/mine.tsv"])
def test_links_to_fetched_files_are_followed(mirror: Path, link: str) -> None:
    fetch(NAMES[0])
    path = Path("r", NAMES[0])
    Path(link).symlink_to(path.absolute())
    fetch_records.check([link])
    flip(path)
    with pytest.raises(OrthrusError, match="is not the file that was fetched"):
        fetch_records.check([link])

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sources_helpers import Hanging, Server, broken, entry, files_below, serving, status

from orthrus.errors import OrthrusError
from orthrus.sources.backends import FolderMirror, WebMirror
from orthrus.sources.catalogue import Entry, load
from orthrus.sources.fetch import Fetcher
from orthrus.sources.sources_lock import Record
from orthrus.sources.transfer import Client

PATH = "a.org/pub/data.bin"
SUMS = "a.org/pub/md5sum.txt"
PINNED = entry(PATH, "md5sums", "md5sum.txt")


@pytest.fixture
def whole(mirror: Path) -> bytes:
    data = (mirror / PATH).read_bytes()
    (mirror / SUMS).write_text(f"{hashlib.md5(data).hexdigest()}  data.bin\n")
    return data


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    return tmp_path / "resources"


@pytest.fixture
def web(client: Client, server: Server) -> WebMirror:
    return WebMirror(client, server.url)


def test_record_describes_the_file(web: WebMirror, resources: Path, whole: bytes) -> None:
    record = Fetcher(resources, web, {}).fetch(PINNED)
    sha256 = hashlib.sha256(whole).hexdigest()
    assert record == Record(PATH, f"https://{PATH}", len(whole), sha256)
    assert (resources / PATH).read_bytes() == whole
    assert files_below(resources) == ["a.org", "a.org/pub", PATH, SUMS]


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_digests_in_the_catalogue(web: WebMirror, resources: Path, whole: bytes, kind: str) -> None:
    digest = hashlib.new(kind, whole).hexdigest()
    Fetcher(resources, web, {}).fetch(entry(PATH, kind, digest.upper()))
    wrong = entry(PATH, kind, "0" * len(digest))
    with pytest.raises(
        OrthrusError, match=f"wrong checksum: its {kind} is {digest}, but it should be 0"
    ):
        Fetcher(resources / "other", web, {}).fetch(wrong)
    assert files_below(resources / "other") == []


def test_wrong_published_checksum_leaves_nothing(
    web: WebMirror, resources: Path, mirror: Path, whole: bytes
) -> None:
    (mirror / SUMS).write_text(f"{'0' * 32}  data.bin\n")
    with pytest.raises(OrthrusError, match=r"data.bin: wrong checksum: .* md5sum.txt says 0000"):
        Fetcher(resources, web, {}).fetch(PINNED)
    assert not resources.exists()


def test_broken_transfer_leaves_only_a_part_and_the_next_run_resumes(
    web: WebMirror, resources: Path, server: Server, whole: bytes
) -> None:
    server.faults[PATH] = [broken] + [status(503)] * 3
    with pytest.raises(OrthrusError, match="503"):
        Fetcher(resources, web, {}).fetch(PINNED)
    assert not (resources / PATH).exists()
    assert (resources / f"{PATH}.part").stat().st_size == len(whole) // 2
    Fetcher(resources, web, {}).fetch(PINNED)
    assert (resources / PATH).read_bytes() == whole
    assert server.seen[PATH][-1]["Range"] == f"bytes={len(whole) // 2}-"
    assert files_below(resources) == ["a.org", "a.org/pub", PATH, SUMS]


def test_present_and_right_is_kept_without_network(
    web: WebMirror, resources: Path, server: Server, whole: bytes
) -> None:
    first = Fetcher(resources, web, {}).fetch(PINNED)
    asked = {path: len(headers) for path, headers in server.seen.items()}
    assert Fetcher(resources, web, {}).fetch(PINNED) == first
    assert {path: len(headers) for path, headers in server.seen.items()} == asked


def test_present_but_damaged_is_fetched_again(
    web: WebMirror, resources: Path, whole: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    Fetcher(resources, web, {}).fetch(PINNED)
    (resources / PATH).write_bytes(whole[:-1])
    Fetcher(resources, web, {}).fetch(PINNED)
    assert (resources / PATH).read_bytes() == whole
    assert "wrong checksum" in capsys.readouterr().err


def test_locked_file_must_match(
    web: WebMirror, resources: Path, mirror: Path, whole: bytes
) -> None:
    unpinned = entry(PATH)
    record = Fetcher(resources, web, {}).fetch(unpinned)
    (mirror / PATH).write_bytes(b"other")
    fetcher = Fetcher(resources / "later", web, {PATH: record})
    with pytest.raises(OrthrusError, match=f"changed since the lock.*bytes {len(whole)} -> 5, sha"):
        fetcher.fetch(unpinned)
    assert files_below(resources / "later") == []
    (mirror / PATH).write_bytes(whole)
    assert fetcher.fetch(unpinned) == record


def test_locked_file_that_was_damaged_is_fetched_again(
    web: WebMirror, resources: Path, whole: bytes
) -> None:
    record = Fetcher(resources, web, {}).fetch(PINNED)
    (resources / PATH).write_bytes(b"damaged")
    assert Fetcher(resources, web, {PATH: record}).fetch(PINNED) == record


def test_file_that_the_checksum_file_does_not_list(
    web: WebMirror,
    resources: Path,
    mirror: Path,
    whole: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (mirror / SUMS).write_text(f"{'0' * 32}  another.bin\n")
    assert Fetcher(resources, web, {}).fetch(PINNED).bytes == len(whole)
    assert "md5sum.txt does not list it" in capsys.readouterr().err


def test_checksum_file_is_missing(web: WebMirror, resources: Path) -> None:
    with pytest.raises(OrthrusError, match=r"checksum file cannot be read: .*md5sum.txt.* 404"):
        Fetcher(resources, web, {}).fetch(PINNED)
    assert not resources.exists()


def test_absent_file(web: WebMirror, resources: Path) -> None:
    with pytest.raises(OrthrusError, match="absent: the server answers 404"):
        Fetcher(resources, web, {}).fetch(entry("a.org/pub/absent"))
    assert not resources.exists()


def test_what_the_catalogue_notes_is_told_when_a_file_is_missing(
    web: WebMirror, resources: Path
) -> None:
    with pytest.raises(OrthrusError, match=r"404 .* \(the catalogue notes: name guessed\)"):
        Fetcher(resources, web, {}).fetch(replace(entry("a.org/pub/absent"), note="name guessed"))


def test_a_second_process_is_refused_and_harms_nothing(
    web: WebMirror, resources: Path, server: Server, whole: bytes
) -> None:
    hangs = Hanging()
    server.faults[PATH] = [hangs]
    code = (
        "import sys; from pathlib import Path; from sources_helpers import QUICK, entry;"
        " from orthrus.sources.fetch import Fetcher;"
        " from orthrus.sources.backends import WebMirror;"
        " from orthrus.sources.transfer import Client;"
        " fetcher = Fetcher(Path(sys.argv[1]), WebMirror(Client(QUICK), sys.argv[2]), {});"
        " print(fetcher.fetch(entry(sys.argv[3])).sha256)"
    )
    command = [sys.executable, "-c", code, str(resources), server.url, PATH]
    helpers = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen(command, env=helpers, stdout=subprocess.PIPE, text=True) as first:
        assert hangs.started.wait(30)
        with pytest.raises(OrthrusError, match="another process is fetching this file"):
            Fetcher(resources, web, {}).fetch(entry(PATH))
        hangs.released.set()
        assert first.communicate(timeout=60)[0].strip() == hashlib.sha256(whole).hexdigest()
    assert (resources / PATH).read_bytes() == whole
    assert files_below(resources) == ["a.org", "a.org/pub", PATH]


def test_many_at_once_fetch_the_same_file(
    web: WebMirror, resources: Path, server: Server, whole: bytes
) -> None:
    server.faults[PATH] = [broken, broken]

    def fetch(_: int) -> str:
        try:
            return Fetcher(resources, web, {}).fetch(PINNED).sha256
        except OrthrusError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        ends = set(pool.map(fetch, range(40)))
    right = hashlib.sha256(whole).hexdigest()
    assert right in ends
    assert all("another process is fetching this file" in end for end in ends - {right})
    assert (resources / PATH).read_bytes() == whole
    assert files_below(resources) == ["a.org", "a.org/pub", PATH, SUMS]


def test_what_is_present(web: WebMirror, resources: Path, whole: bytes) -> None:
    fetcher = Fetcher(resources, web, {})
    assert fetcher.present(PINNED) == (None, "")
    record = fetcher.fetch(PINNED)
    assert fetcher.present(PINNED) == (record, "")
    (resources / PATH).write_bytes(b"damaged")
    assert "wrong checksum" in fetcher.present(PINNED)[1]


REAL = [
    "ucsc.hg38.genome",
    "ucsc.hg38.chrom_sizes",
    "ucsc.hg38.wgEncodeGencodeBasicV43",
    "gencode.v43.basic.gtf",
    "gencode.vM23.comprehensive.gtf",
    "biomart.human.paralogs",
    "toga.hg38.overview",
    "genome.senckenberg.de/download/TOGA/human_hg38_reference/Metatheria/"
    "Monodelphis_domestica__gray_short-tailed_opossum__monDom5/geneAnnotation.bed.gz",
]


@pytest.fixture(scope="module")
def real_entries() -> list[Entry]:
    catalogue = load()
    return [catalogue.find(name) for name in REAL]


def test_real_files_from_folder_and_web(
    real_data: Path, real_entries: list[Entry], client: Client, tmp_path: Path
) -> None:
    mirror = real_data / "mirror"
    with serving(mirror) as server:
        for item in real_entries:
            local = Fetcher(tmp_path / "folder", FolderMirror(mirror), {}).fetch(item)
            remote = Fetcher(tmp_path / "web", WebMirror(client, server.url), {}).fetch(item)
            assert local == remote
            original = (mirror / item.path).read_bytes()
            assert local.sha256 == hashlib.sha256(original).hexdigest()
    assert files_below(tmp_path / "folder") == files_below(tmp_path / "web")


def test_real_genome_with_one_wrong_byte(
    real_data: Path, real_entries: list[Entry], tmp_path: Path
) -> None:
    folder = Path(real_entries[0].path).parent
    copied = tmp_path / "mirror" / folder
    copied.mkdir(parents=True)
    for name in ("hg38.fa.gz", "md5sum.txt"):
        (copied / name).write_bytes((real_data / "mirror" / folder / name).read_bytes())
    genome = bytearray((copied / "hg38.fa.gz").read_bytes())
    genome[1000] ^= 1
    (copied / "hg38.fa.gz").write_bytes(genome)
    with pytest.raises(OrthrusError, match=r"hg38.fa.gz: wrong checksum"):
        Fetcher(tmp_path / "out", FolderMirror(tmp_path / "mirror"), {}).fetch(real_entries[0])
    assert not (tmp_path / "out" / folder / "hg38.fa.gz").exists()


def test_a_stop_does_not_wait_for_a_server(server: Server, tmp_path: Path) -> None:
    hanging = Hanging()
    server.faults[PATH] = [hanging]
    words = ("sources", "fetch", PATH, "--mirror", server.url, "--resources", "resources")
    command = [sys.executable, "-m", "orthrus", *words]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert hanging.started.wait(60)
        process.terminate()
        _, told = process.communicate(timeout=30)
    hanging.released.set()
    assert process.returncode == 143
    assert told.splitlines()[-1] == "stopped by SIGTERM; no incomplete output was left"
    assert not (tmp_path / "resources" / PATH).exists()

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from sources_helpers import QUICK, Fault, Server, broken, files_below, status, text

from orthrus.errors import OrthrusError
from orthrus.sources import ncbi
from orthrus.sources.assemblies import DATASETS
from orthrus.sources.backends import FolderMirror, Servers, WebMirror
from orthrus.sources.catalogue import load
from orthrus.sources.fetch import Fetcher
from orthrus.sources.sources_lock import Record
from orthrus.sources.transfer import Client, Stat

ACCESSION = "GCA_004027335.1"
NAME = f"{ACCESSION}_UroGra_v1_BIUU"
GENOME, REPORT = f"ncbi:{ACCESSION}", f"ncbi:{ACCESSION}/sequence_report"
ANNOTATION = f"ncbi:{ACCESSION}/genomic.gff"
FASTA = (
    b">PVKX01003706.1 Uropsilus gracilis scaffold, whole genome shotgun sequence\n"
    + (b"ACGTNacgtn" * 8 + b"\n") * 30_000
)
JSON_LINES = b"".join(
    json.dumps({"assemblyAccession": ACCESSION, "genbankAccession": name, "length": size}).encode()
    + b"\n"
    for name, size in (("PVKX01003706.1", 2_400_000), ("PVKX01003707.1", 7))
)
TABLE = (
    b"# Assembly name:  UroGra_v1_BIUU\r\n"
    b"# Sequence-Name\tSequence-Role\tAssigned-Molecule\tAssigned-Molecule-Location/Type\t"
    b"GenBank-Accn\tRelationship\tRefSeq-Accn\tAssembly-Unit\tSequence-Length\tUCSC-style-name\r\n"
    b"scaffold_1\tunplaced-scaffold\tna\tna\tPVKX01003706.1\t<>\tna\tPrimary Assembly\t2400000\tna"
    b"\r\n"
)
"""Lines as NCBI writes them, for a scaffold that TOGA calls PVKX01003706."""
GFF = (
    b"##gff-version 3\n#!gff-spec-version 1.21\n"
    b"PVKX01003706.1\tGnomon\tgene\t11\t40\t.\t+\t.\tID=gene-A\n"
)

DOWNLOAD = f"{DATASETS}/{ACCESSION}/download"
FOLDER = f"ftp/GCA/004/027/335/{NAME}"


@pytest.fixture(autouse=True)
def ncbi_server(mirror: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both services of NCBI for one assembly; every answer of Datasets holds all files."""
    monkeypatch.setattr(ncbi, "FTP", f"{server.url}/ftp")
    packed, annotation = gzip.compress(FASTA), gzip.compress(GFF)
    folder = mirror / FOLDER
    folder.mkdir(parents=True)
    (mirror / DOWNLOAD).parent.mkdir(parents=True)
    (folder.parent / f"{ACCESSION}0_other").mkdir()
    (folder / f"{NAME}_genomic.fna.gz").write_bytes(packed)
    (folder / f"{NAME}_genomic.gff.gz").write_bytes(annotation)
    (folder / f"{NAME}_assembly_report.txt").write_bytes(TABLE)
    (folder / "md5checksums.txt").write_text(
        f"{hashlib.md5(TABLE).hexdigest()}  ./{NAME}_assembly_report.txt\n"
        f"{hashlib.md5(packed).hexdigest()}  ./{NAME}_genomic.fna.gz\n"
        f"{hashlib.md5(annotation).hexdigest()}  ./{NAME}_genomic.gff.gz\n"
    )
    data = f"ncbi_dataset/data/{ACCESSION}"
    with zipfile.ZipFile(mirror / DOWNLOAD, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", "NCBI Datasets")
        archive.writestr("ncbi_dataset/data/assembly_data_report.jsonl", "{}\n")
        archive.writestr(f"{data}/{NAME}_genomic.fna", FASTA)
        archive.writestr(f"{data}/genomic.gff", GFF)
        archive.writestr(f"{data}/sequence_report.jsonl", JSON_LINES)
        archive.writestr("ncbi_dataset/data/dataset_catalog.json", "{}")


@pytest.fixture
def refusal(tmp_path: Path) -> bytes:
    """What Datasets answers to a wrong accession: a small archive without data."""
    with zipfile.ZipFile(tmp_path / "refusal.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", "NCBI Datasets")
        archive.writestr("ncbi_dataset/data/dataset_catalog.json", '{"assemblies":[]}')
    return (tmp_path / "refusal.zip").read_bytes()


def fetched(client: Client, server: Server, folder: Path, item: str = GENOME) -> Record:
    asked = load().find(item)
    here = replace(asked, url=asked.url.replace("https:/", server.url))
    return Fetcher(folder, Servers(client), {}).fetch(here)


@pytest.mark.parametrize(
    ("item", "content"), [(GENOME, FASTA), (REPORT, JSON_LINES), (ANNOTATION, GFF)]
)
def test_from_datasets(
    client: Client, server: Server, tmp_path: Path, item: str, content: bytes
) -> None:
    record = fetched(client, server, tmp_path / "out", item)
    path = load().find(item).path
    assert record.path == path
    assert record.sha256 == hashlib.sha256(content).hexdigest()
    assert (tmp_path / "out" / path).read_bytes() == content
    assert files_below(tmp_path / "out")[-1] == path
    assert not any(asked.startswith("ftp") for asked in server.seen)


@pytest.mark.parametrize(("item", "content"), [(GENOME, FASTA), (REPORT, TABLE), (ANNOTATION, GFF)])
def test_from_ftp_when_datasets_has_nothing(
    client: Client, server: Server, tmp_path: Path, refusal: bytes, item: str, content: bytes
) -> None:
    server.faults[DOWNLOAD] = [text(refusal)]
    record = fetched(client, server, tmp_path / "out", item)
    assert record.sha256 == hashlib.sha256(content).hexdigest()
    assert files_below(tmp_path / "out")[-1] == load().find(item).path


def test_both_services_give_the_same_genome(client: Client, server: Server, tmp_path: Path) -> None:
    first = fetched(client, server, tmp_path / "one")
    server.faults[DOWNLOAD] = [status(404)]
    assert fetched(client, server, tmp_path / "two") == first


def test_ftp_transfers_resume_and_are_checked(
    client: Client, server: Server, tmp_path: Path
) -> None:
    genome = f"{FOLDER}/{NAME}_genomic.fna.gz"
    server.faults[DOWNLOAD] = [status(404)]
    server.faults[genome] = [text(gzip.compress(b">wrong\nA\n")), broken]
    fetched(client, server, tmp_path / "out")
    assert (tmp_path / "out" / load().find(GENOME).path).read_bytes() == FASTA
    assert [("Range" in headers) for headers in server.seen[genome]] == [False, False, True]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (f"{FOLDER}/md5checksums.txt", b"0" * 32 + b"  ./x\n", f"does not list {NAME}_genomic"),
        (f"{FOLDER}/md5checksums.txt", b"<html>", "md5checksums.txt, line 1: not an MD5"),
        (f"{FOLDER}/{NAME}_genomic.fna.gz", b"<html>", "wrong checksum: md5checksums.txt says"),
        ("ftp/GCA/004/027/335/", b"<a href='x/'>", "0 folders of GCA_004027335.1; it holds x/"),
    ],
)
def test_neither_service_has_it(
    client: Client,
    server: Server,
    tmp_path: Path,
    refusal: bytes,
    path: str,
    body: bytes,
    message: str,
) -> None:
    server.faults[DOWNLOAD] = [text(refusal)]
    server.faults[path] = [text(body)] * 9
    with pytest.raises(OrthrusError, match=f"genome.fna: 0 files in the zip.*; and .*{message}"):
        fetched(client, server, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_content_must_look_like_a_genome(
    client: Client, server: Server, mirror: Path, tmp_path: Path
) -> None:
    packed = gzip.compress(b"<html>")
    (mirror / FOLDER / f"{NAME}_genomic.fna.gz").write_bytes(packed)
    (mirror / FOLDER / "md5checksums.txt").write_text(
        f"{hashlib.md5(packed).hexdigest()}  ./{NAME}_genomic.fna.gz\n"
    )
    server.faults[DOWNLOAD] = [status(404)]
    with pytest.raises(OrthrusError, match=r"genome.fna: does not begin like a genome.fna"):
        fetched(client, server, tmp_path / "out")
    assert not (tmp_path / "out").exists()


REPORTS = {
    "reports": [
        {"accession": ACCESSION, "assembly_info": {"assembly_status": "current"}},
        {"accession": f"{ACCESSION}0", "annotation_info": {"name": "Annotation"}},
    ],
    "total_count": 2,
}


def asked(client: Client, server: Server, answer: Fault, item: str = GENOME) -> Stat:
    """What is told of a file when Datasets answers so to a request for its assembly's report."""
    known = load().find(item)
    report = str(Path(known.path).with_name("dataset_report"))
    server.faults[report] = [answer] * (1 + QUICK.retries)
    here = replace(known, url=known.url.replace("https:/", server.url))
    return Servers(client).stat(here)


def test_an_assembly_can_be_had_where_it_has_a_report(client: Client, server: Server) -> None:
    reports = json.dumps(REPORTS)
    for item in (GENOME, REPORT):
        assert asked(client, server, text(reports.encode()), item) == Stat("200")
    old = reports.replace("current", "suppressed")
    assert asked(client, server, text(old.encode())) == Stat("suppressed")
    own = reports.replace("assembly_info", "annotation_info")
    assert asked(client, server, text(own.encode()), ANNOTATION) == Stat("200")


@pytest.mark.parametrize(
    ("item", "answer", "code", "fault"),
    [
        (GENOME, text(b"{}"), "404", "NCBI has no such assembly; check the accession"),
        (f"{GENOME}7", text(json.dumps(REPORTS).encode()), "404", "NCBI has no such assembly"),
        (ANNOTATION, text(json.dumps(REPORTS).encode()), "404", "the assembly has no annotation"),
        (GENOME, text(b"<html>"), "200", "is no report on assemblies; try again later"),
        (GENOME, status(503), "503", "the server answers 503"),
    ],
)
def test_an_assembly_that_cannot_be_had(
    client: Client, server: Server, item: str, answer: Fault, code: str, fault: str
) -> None:
    told = asked(client, server, answer, item)
    assert told.status == code
    assert f"/dataset_report: {fault}" in told.fault


def test_mirrors_hold_the_file_itself(
    client: Client, server: Server, mirror: Path, tmp_path: Path
) -> None:
    entry = load().find(GENOME)
    (mirror / entry.path).write_bytes(FASTA)
    local = Fetcher(tmp_path / "a", FolderMirror(mirror), {}).fetch(entry)
    remote = Fetcher(tmp_path / "b", WebMirror(client, server.url), {}).fetch(entry)
    assert local == remote
    assert (tmp_path / "a" / entry.path).read_bytes() == FASTA

"""Catalogues, locks, lists, checksums, listings, and what servers answer."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from fuzz_helpers import attempt, damaged_bytes, damaged_json, damaged_text, filled_lines, fuzzing
from fuzz_helpers import given as written
from hypothesis import given
from sources_helpers import QUERY

from orthrus.sources import (
    biomart,
    catalogue,
    checksums,
    content_checks,
    html_index,
    sources_lock,
    toga_overview,
    toga_queries,
    zip_members,
)
from orthrus.sources.part_files import PartFile, partial
from orthrus.sources.toga_queries import COLUMNS as QUERY_COLUMNS

CATALOGUE = "\n".join(
    "\t".join(row)
    for row in (
        catalogue.COLUMNS,
        (
            *("ucsc.ce11.genome", "ce11", "https://hgdownload.soe.ucsc.edu/goldenPath/"
              "ce11/bigZips/ce11.fa.gz", "", "", "md5sums", "md5sum.txt", "free",
              "transcripts", "31", ""),
        ),
        (
            *("hpa.locations", "23.0", "https://v23.proteinatlas.org/download/a.tsv.zip#a.tsv", "",
              "v23.proteinatlas.org/download/a.tsv", "md5", "0" * 32, "CC BY-SA 3.0", "tasks", "1",
              "note"),
        ),
    )
) + "\n"  # fmt: skip
LOCK = "\n".join(
    "\t".join(row)
    for row in (
        sources_lock.COLUMNS,
        ("a.org/x", "https://a.org/x", "12", "ab" * 32),
        ("b.org/y", "https://b.org/y", "0", "cd" * 32),
    )
) + "\n"  # fmt: skip
QUERIES = "\n".join(
    "\t".join(row) for row in (QUERY_COLUMNS, QUERY, ("speTri2.toga_hg38", *QUERY[1:]))
) + "\n"  # fmt: skip
# The first rows of hg38's overview.
OVERVIEW = (
    "\t".join((*toga_overview.HEADER, "contig N50 (bp)"))
    + "\nAcinonyx jubatus\tcheetah\t32536\tMammalia;Theria;Eutheria;Carnivora;Felidae\taciJub1\t"
    "GCA_001443585.1\t28224\n"
    "Ailuropoda melanoleuca\tgiant panda\t9646\tMammalia;Theria;Eutheria;Carnivora\tHLailMel2\t"
    "GCF_002007445.1 / NCBI\t128524\n"
)
SUMS = f"{'0a' * 16}  ce11.fa.gz\n{'1b' * 16} *./upstream1000.fa.gz\n"
PAGE = (
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html><head>\n'
    "<title>Index of /download/TOGA</title></head>\n<body><h1>Index of /download/TOGA</h1>\n"
    '<a href="?C=N;O=D">Name</a>\n<a href="/download/">Parent Directory</a>\n'
    '<a href="Carnivora/">Carnivora/</a> 2022-08-05 10:02 -\n'
    '<a href="overview.table.tsv">overview.table.tsv</a> 2022-08-05 10:02 88K\n</body></html>\n'
)
MART = "Gene stable ID\tGene name\nENSG00000210049\tMT-TF\nENSG00000211459\tMT-RNR1\n[success]\n"


def rows(data: bytes) -> int:
    """Count the rows of a table below its header, line by line."""
    lines = filled_lines(data, b"\0\0")
    assert lines is not None
    return len([line for line in lines if line.strip()]) - 1


@fuzzing
@given(drawn=damaged_text(CATALOGUE))
def test_a_damaged_catalogue(tmp_path: Path, drawn: bytes) -> None:
    path = written(tmp_path, "own.tsv", drawn)
    found = attempt("sources: catalogue", path, lambda: list(catalogue.read_entries(path)))
    assert found is None or len(found) == rows(drawn)


@fuzzing
@given(drawn=damaged_text(LOCK))
def test_a_damaged_lock(tmp_path: Path, drawn: bytes) -> None:
    path = written(tmp_path, "sources.lock", drawn)
    found = attempt("sources: lock", path, lambda: sources_lock.read_lock(path))
    assert found is None or len(found) == rows(drawn)


@fuzzing
@given(drawn=damaged_json({"path": "a.org/x", "url": "https://a.org/x", "bytes": 5, "sha256": "a"}))
def test_a_damaged_record(tmp_path: Path, drawn: bytes) -> None:
    path = written(tmp_path, "x.json", drawn)
    found = attempt("sources: record", path, lambda: sources_lock.read_record(path))
    if found is not None:
        sources_lock.write([found], tmp_path / "again")
        assert sources_lock.read_lock(tmp_path / "again") == {found.path: found}


@fuzzing
@given(drawn=damaged_text(QUERIES))
def test_a_damaged_list_of_queries(tmp_path: Path, drawn: bytes) -> None:
    path = written(tmp_path, "queries.tsv", drawn)
    found = attempt("sources: TOGA queries", path, lambda: toga_queries.read_queries(path, ()))
    assert found is None or len(found) == rows(drawn)


def text_of(drawn: bytes) -> str:
    """Return bytes as the client decodes an answer."""
    return drawn.decode("utf-8", errors="replace")


@fuzzing
@given(drawn=damaged_text(OVERVIEW))
def test_a_damaged_overview(drawn: bytes) -> None:
    found = attempt(
        "sources: TOGA overview", "here", lambda: toga_overview.parse(text_of(drawn), "here")
    )
    if found is not None:
        lines = [
            line for line in text_of(drawn).replace("\r", "\n").split("\n") if line.strip("\t")
        ]
        assert len(found) == len(lines) - 1
        assert all(isinstance(row.genome, str) for row in found)


@fuzzing
@given(drawn=damaged_text(SUMS, " "))
def test_damaged_checksums(drawn: bytes) -> None:
    found = attempt("sources: md5sum", "here", lambda: checksums.parse(text_of(drawn), "here"))
    if found is not None:
        lines = {line.strip() for line in text_of(drawn).splitlines() if line.strip()}
        assert len({name for _, name in found.items()}) <= len(found) <= len(lines)
        assert {line[:32].lower() for line in lines} == set(found.values())


@fuzzing
@given(drawn=damaged_text(PAGE, '"'))
def test_a_damaged_listing(drawn: bytes) -> None:
    def read() -> list[str]:
        return html_index.children(text_of(drawn), "https://a.org/download/TOGA/")

    for name in attempt("sources: listing", "here", read) or []:
        assert name.removesuffix("/") not in ("", ".", "..")
        assert "/" not in name.removesuffix("/")


def checked(
    folder: Path, drawn: bytes, name: str, look: Callable[[PartFile], None]
) -> bytes | None:
    """Put a transfer's bytes through a check; what is left of them, None where refused."""
    with partial(folder / name) as part:
        part.path.write_bytes(drawn)
        look(part)
        return part.path.read_bytes()


@fuzzing
@given(drawn=damaged_text(MART))
def test_a_damaged_answer_of_biomart(tmp_path: Path, drawn: bytes) -> None:
    found = attempt(
        "sources: BioMart answer", "p.tsv", lambda: checked(
            tmp_path / "p.tsv.part.pieces", drawn, "p", biomart.check
        )
    )  # fmt: skip
    assert found in (None, drawn)
    assert found is None or found.endswith(b"\n[success]\n")


MEMBER = "ncbi_dataset/data/GCA_1/sequence_report.jsonl"
LINES = json.dumps({"genbankAccession": "PVKX01003706.1", "length": 7}).encode() + b"\n"


def zipped() -> bytes:
    """Return an archive as NCBI Datasets sends it."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("README.md", b"# NCBI Datasets\n")
        packed.writestr(MEMBER, LINES * 9)
    return buffer.getvalue()


@fuzzing
@given(drawn=damaged_bytes(zipped()))
def test_a_damaged_zip(tmp_path: Path, drawn: bytes) -> None:
    def look(part: PartFile) -> None:
        zip_members.check(part)
        zip_members.extract(part, "sequence_report.jsonl")

    found = attempt("sources: zip", tmp_path, lambda: checked(tmp_path, drawn, "r", look))
    assert found in (None, LINES * 9)


@pytest.mark.parametrize("name", ["t.gz", "t.2bit", "t.parquet", "t.tsv"])
@fuzzing
@given(drawn=damaged_text(PAGE))
def test_what_came_is_looked_at(tmp_path: Path, name: str, drawn: bytes) -> None:
    entry = catalogue.adhoc(f"a.org/{name}")
    found = attempt(
        "sources: content",
        "a.org",
        lambda: checked(tmp_path, drawn, name, content_checks.check(entry)),
    )
    assert found in (None, drawn)


def test_the_samples_are_sound(tmp_path: Path) -> None:
    path = written(tmp_path, "a", CATALOGUE.encode())
    assert len(list(catalogue.read_entries(path))) == 2
    assert len(sources_lock.read_lock(written(tmp_path, "a", LOCK.encode()))) == 2
    assert len(toga_queries.read_queries(written(tmp_path, "a", QUERIES.encode()), ())) == 2
    assert [row.genome for row in toga_overview.parse(OVERVIEW, "a")] == [
        toga_overview.UCSC_GENOME.format("aciJub1"), "ncbi:GCF_002007445.1"
    ]  # fmt: skip
    assert len(checksums.parse(SUMS, "a")) == 2
    assert html_index.children(PAGE, "https://a.org/download/TOGA/") == [
        *("Carnivora/", "overview.table.tsv")
    ]
    assert checked(tmp_path, MART.encode(), "p", biomart.check) == MART.encode()

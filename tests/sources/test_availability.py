from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from sources_helpers import Server, entry, status

from orthrus.sources.availability import COLUMNS, Finding, examine, summary
from orthrus.sources.backends import FolderMirror, WebMirror
from orthrus.sources.build_plan import Needs
from orthrus.sources.fetch import Fetcher
from orthrus.sources.sources_lock import Record
from orthrus.sources.transfer import Client, Stat

GENOME = "hgdownload.soe.ucsc.edu/goldenPath/own1/bigZips/own1.fa.gz"
SUMS = GENOME.replace("own1.fa.gz", "md5sum.txt")
TABLE = "a.org/pub/table.txt"
QUERY = "a.org/pub/query.fa"
OTHERS = ["a.org/pub/bed", "a.org/pub/loss", "a.org/pub/orthology"]
CONTENTS = {
    GENOME: b"\x1f\x8bgenome",
    SUMS: hashlib.md5(b"\x1f\x8bgenome").hexdigest().encode() + b"  own1.fa.gz\n",
    TABLE: b"table",
    QUERY: b">chr1\nACGT\n",
} | dict.fromkeys(OTHERS, b"x")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror of a build's files."""
    for path, body in CONTENTS.items():
        place = tmp_path / "mirror" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
    return tmp_path / "mirror"


@pytest.fixture
def needs(tmp_path: Path) -> Needs:
    """A build of one reference with one query."""
    reference = {"species": "Mus musculus", "genome": GENOME, "table": TABLE}
    build = {
        "name": "mine",
        "resources": str(tmp_path / "resources"),
        "references": {"own1.own": reference},
        "toga": {"queries": "queries.tsv"},
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(build))
    bed, loss, orthology = OTHERS
    columns = ("annotation_set", "species", "taxon_id", "genome", "bed", "orthology", "loss")
    row = ("own2.toga_own1", "Canis lupus", "9615", QUERY, bed, orthology, loss)
    (tmp_path / "queries.tsv").write_text("\t".join(columns) + "\n" + "\t".join(row) + "\n")
    return Needs({"build": str(tmp_path / "mine.yaml")})


def rows(findings: list[Finding], *columns: str) -> dict[str, tuple[str, ...]]:
    places = [COLUMNS.index(column) for column in columns]
    return {one.row[0]: tuple(one.row[place] for place in places) for one in findings}


def test_nothing_is_there_yet(needs: Needs, mirror: Path, tmp_path: Path) -> None:
    found = examine(needs, FolderMirror(mirror), {})
    assert rows(found, *COLUMNS[1:]) == {
        GENOME: ("200", "8", "measured", "md5sums", "no", "yes"),
        TABLE: ("200", "5", "measured", "unpinned", "no", "yes"),
        QUERY: ("200", "11", "measured", "unpinned", "no", "no"),
    } | dict.fromkeys(OTHERS, ("200", "1", "measured", "unpinned", "no", "yes"))
    assert not (tmp_path / "resources").exists()


def test_what_is_there_is_verified(needs: Needs, mirror: Path, tmp_path: Path) -> None:
    origin = FolderMirror(mirror)
    fetcher = Fetcher(tmp_path / "resources", origin, {})
    known = {one.path: one for one in needs.entries}
    locked = {TABLE: fetcher.fetch(known[TABLE])}
    fetcher.fetch(known[GENOME])
    there = examine(needs, origin, locked)
    assert rows(there, "pinned", "there")[TABLE] == ("lock", "yes")
    assert rows(there, "pinned", "there")[GENOME] == ("md5sums", "yes")
    for path in GENOME, TABLE:
        (tmp_path / "resources" / path).write_bytes(b"damaged")
    found = {one.entry.path: one for one in examine(needs, origin, locked)}
    assert (found[GENOME].there, found[TABLE].there) == ("wrong", "wrong")
    assert "wrong checksum" in found[GENOME].fault
    assert "changed since the lock was written: bytes 5 -> 7" in found[TABLE].fault
    assert (found[GENOME].bytes, found[GENOME].wanted) == (8, True)


def test_a_query_genome_that_passed_is_not_fetched_again(needs: Needs, mirror: Path) -> None:
    record = Path(needs.record_path(QUERY))
    record.parent.mkdir(parents=True)
    record.touch()
    one = next(one for one in examine(needs, FolderMirror(mirror), {}) if one.temporary)
    assert (one.there, one.wanted) == ("passed", False)


def test_all_are_looked_at_though_some_cannot_be_had(
    needs: Needs, client: Client, server: Server
) -> None:
    server.faults[TABLE] = [status(403)] * 2
    server.faults[QUERY] = [status(503)] * 4
    server.faults[SUMS] = [status(404)]
    found = examine(needs, WebMirror(client, server.url), {})
    assert {path: row[0] for path, row in rows(found, "status").items()} == {
        GENOME: "404",
        TABLE: "403",
        QUERY: "503",
    } | dict.fromkeys(OTHERS, "200")
    faults = {one.entry.path: one.stat.fault for one in found}
    assert "md5sum.txt: the server answers 404" in faults[GENOME]
    assert {seen[":method"] for path in OTHERS for seen in server.seen[path]} == {"HEAD"}


def test_a_file_whose_checksum_file_is_out_of_reach(
    needs: Needs, client: Client, server: Server, tmp_path: Path
) -> None:
    place = tmp_path / "resources" / GENOME
    place.parent.mkdir(parents=True)
    place.write_bytes(b"anything")
    server.faults[SUMS] = [status(404)] * 2
    found = {one.entry.path: one for one in examine(needs, WebMirror(client, server.url), {})}
    assert (found[GENOME].there, found[GENOME].wanted) == ("unknown", False)
    assert "checksum file cannot be read" in found[GENOME].fault


def finding(path: str, size: int, temporary: bool = False, **others: object) -> Finding:
    plain = Finding(entry(path), Stat("200"), size, True, "md5", "no", "", temporary)
    return replace(plain, **others)


def test_summary() -> None:
    found = [
        finding("a.org/kept", 3_000_000, there="yes"),
        finding("a.org/wrong", 2_000_000, there="wrong"),
        finding("a.org/guessed", 40_000_000, measured=False),
        *(finding(f"a.org/{size}", size * 10**6, True) for size in (1, 7, 5)),
        finding("a.org/passed", 6_000_000, True, there="passed"),
    ]
    loose = [
        replace(one, entry=replace(one.entry, name=str(number)), pinned="unpinned")
        for number, one in enumerate(found)
    ]
    assert summary(loose, at_once=2) == [
        "7 files, 5 to fetch: 55.0 MB, of which 1 sizes are estimates",
        "disk: 45.0 MB stay; scratch takes about 13.0 MB, the largest 2 of 4 query genomes, which"
        " go once encoded; up to 19.0 MB where they wait for that, as in a cluster's queue",
        "unpinned until the first run locks them: 0, 1, 2 and 4 more",
    ]
    assert summary(found[:1], at_once=2) == [
        "1 files, 0 to fetch: 0 bytes",
        "disk: 3.0 MB stay",
    ]


def test_scratch_holds_genomes_of_ncbi_unpacked() -> None:
    path = "api.ncbi.nlm.nih.gov/datasets/v2/genome/accession/GCA_902655055.1/genome.fna"
    guess = finding(path, 10**6, True, measured=False)
    assert "scratch takes about 3.3 MB, the largest 1 of 1" in summary([guess], 8)[1]
    assert "scratch takes about 1.0 MB" in summary([replace(guess, measured=True)], 8)[1]


def test_sizes_that_nobody_knows_are_called_so() -> None:
    row = finding("a.org/x", 0, measured=False).row
    assert row[COLUMNS.index("size")] == "unknown"


def test_a_lock_of_another_file_pins_nothing(needs: Needs, mirror: Path) -> None:
    other = {"a.org/other": Record("a.org/other", "https://a.org/other", 1, "ab")}
    found = examine(needs, FolderMirror(mirror), other)
    assert "lock" not in {one.pinned for one in found}

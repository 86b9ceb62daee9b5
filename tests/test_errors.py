"""The real command on bad input: exit status 2, one line, and nothing left behind."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zarr
from annotation_helpers import Gene
from sources_helpers import serving
from transcripts_helpers import Transcript, table, write_fasta

from orthrus import schemas
from orthrus.sources.catalogue import COLUMNS
from orthrus.transcripts.store import write_store

ORTHRUS = Path(sys.executable).with_name("orthrus")
BUILD = (
    *("annotation", "build", "table.txt.gz", "-o", "out"),
    *("--annotation-set", "hg38.test", "--species", "Homo sapiens"),
)
ENCODE = ("transcripts", "build", "table.parquet", "genome.fa", "-o", "out.zarr")
FETCH = ("sources", "fetch", "--resources", "out", "--mirror", "mirror")
MANY = "".join(Gene(name=f"G{i}").line() for i in range(99))
UNEQUAL = Gene(name="bad").line(exonEnds="40,")


@dataclass(frozen=True)
class Outcome:
    """What a command did: exit status, both streams, and the files that it left."""

    status: int
    out: str
    err: str
    left: set[Path]


def orthrus(folder: Path, *words: str) -> Outcome:
    """Run the command in a folder."""
    before = set(folder.rglob("*"))
    done = subprocess.run([ORTHRUS, *words], cwd=folder, capture_output=True, text=True)
    return Outcome(done.returncode, done.stdout, done.stderr, set(folder.rglob("*")) - before)


def assert_refused(outcome: Outcome, message: str) -> None:
    assert outcome.status == 2, outcome.err
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err
    assert outcome.out == ""
    assert outcome.left == set()


def write_table(folder: Path, text: str) -> None:
    (folder / "table.txt.gz").write_bytes(gzip.compress(text.encode()))


def write_rows(folder: Path, *rows: Transcript) -> None:
    write_fasta(folder / "genome.fa", {"chr1": "ATGTAA"})
    schemas.write_table(table(rows), folder / "table.parquet", schemas.TRANSCRIPTS)


def row(name: str, chrom: str = "chr1", end: int = 6) -> Transcript:
    return Transcript(name, chrom, "+", [(0, end)], [-1])


def write_toy_store(folder: Path) -> Path:
    codes, offsets = np.array([0, 3, 18], dtype=np.uint8), np.array([0, 3])
    attributes = {"annotation_set": "toy1.toy"}
    rows, rejected = table([row("t1", end=3)]), schemas.DROPPED.empty()
    write_store(folder / "a.zarr", codes, offsets, rows, rejected, attributes)
    return folder / "a.zarr"


def cut_table(folder: Path) -> tuple[str, ...]:
    write_table(folder, MANY)
    whole = (folder / "table.txt.gz").read_bytes()
    (folder / "table.txt.gz").write_bytes(whole[:-20])
    return BUILD


def cut_genome(folder: Path) -> tuple[str, ...]:
    write_rows(folder, row("t1"))
    packed = gzip.compress((folder / "genome.fa").read_bytes())
    (folder / "genome.fa").write_bytes(packed[:-6])
    return ENCODE


def wrong_pin(folder: Path) -> tuple[str, ...]:
    (folder / "mirror/a.org").mkdir(parents=True)
    (folder / "mirror/a.org/data").write_text("data")
    known = {"name": "my.data", "url": "https://a.org/data", "checksum_kind": "md5"}
    entry = known | {"checksum": hashlib.md5(b"other").hexdigest()}
    lines = ("\t".join(COLUMNS), "\t".join(entry.get(column, "") for column in COLUMNS))
    (folder / "own.tsv").write_text("\n".join(lines) + "\n")
    return (*FETCH, "my.data", "--catalogue", "own.tsv")


def wrong_published_checksum(folder: Path) -> tuple[str, ...]:
    path = "hgdownload.soe.ucsc.edu/goldenPath/ce11/bigZips"
    (folder / "mirror" / path).mkdir(parents=True)
    (folder / "mirror" / path / "ce11.fa.gz").write_bytes(gzip.compress(b"data"))
    (folder / "mirror" / path / "md5sum.txt").write_text(f"{'0' * 32}  ce11.fa.gz\n")
    return (*FETCH, "ucsc.ce11.genome")


def mistyped_key(folder: Path) -> tuple[str, ...]:
    write_table(folder, MANY)
    return (*BUILD, "--set", "min_intorn=20")


def value_out_of_range(folder: Path) -> tuple[str, ...]:
    write_rows(folder, row("t1"))
    return (*ENCODE, "--set", "max_rejected=2")


def newer_store(folder: Path) -> tuple[str, ...]:
    metadata = write_toy_store(folder) / "zarr.json"
    document = json.loads(metadata.read_text())
    document["attributes"]["format_version"] = 2
    metadata.write_text(json.dumps(document))
    return ("transcripts", "info", "a.zarr")


def reserved_bit(folder: Path) -> tuple[str, ...]:
    zarr.open_group(write_toy_store(folder), mode="r+")["codes"][:] = np.array([0, 64, 18], "u1")
    return ("transcripts", "show", "a.zarr", "t1")


def no_row_left(folder: Path) -> tuple[str, ...]:
    write_table(folder, Gene(chrom="chr1_GL_alt").line())
    return BUILD


def no_transcript_fits(folder: Path) -> tuple[str, ...]:
    write_rows(folder, row("t1", end=7))
    return (*ENCODE, "--set", "max_rejected=1")


def another_genome(folder: Path) -> tuple[str, ...]:
    write_rows(folder, row("t1", "chr9"))
    return (*ENCODE, "--set", "max_rejected=1")


def lists_of_unequal_length(folder: Path) -> tuple[str, ...]:
    write_table(folder, MANY + UNEQUAL + UNEQUAL)
    return BUILD


def rows_beyond_the_genome(folder: Path) -> tuple[str, ...]:
    write_rows(folder, row("t1"), row("t2", end=7))
    return ENCODE


def rows_of_another_genome(folder: Path) -> tuple[str, ...]:
    write_rows(folder, row("t1"), row("t2", "chr9"))
    return ENCODE


def folder_of_something_else(folder: Path) -> tuple[str, ...]:
    write_table(folder, MANY)
    return (*BUILD, "-o", ".")


Case = Callable[[Path], tuple[str, ...]]
CASES: list[tuple[Case, str]] = [
    (cut_table, "table.txt.gz: the gzip stream is truncated or corrupt"),
    (cut_genome, "genome.fa: the gzip stream is truncated or corrupt"),
    (wrong_pin, "a.org/data: wrong checksum: its md5 is"),
    (wrong_published_checksum, "ce11.fa.gz: wrong checksum: its md5 is"),
    (mistyped_key, "unknown key 'min_intorn'; did you mean 'min_intron'?"),
    (value_out_of_range, "max_rejected: Input should be less than or equal to 1 (got 2)"),
    (newer_store, "a.zarr: has format version 2, this orthrus reads up to 1; install a newer"),
    (reserved_bit, "a.zarr: codes: byte 0x40 at position 1 has a reserved bit set"),
    (
        no_row_left,
        "table.txt.gz: no transcript is left of 1 rows: 0 rejected, 1 excluded (contig 1)",
    ),
    (no_transcript_fits, "1 of 1 transcripts do not fit the genome"),
    (another_genome, "the annotation says chr9, the genome chr1; give the genome of the same"),
    (lists_of_unequal_length, "2 of 101 rows are malformed, more than max_rejected = 0.01"),
    (rows_beyond_the_genome, "1 of 2 transcripts do not fit the genome, more than max_rejected"),
    (rows_of_another_genome, "the first is t2: the genome has no chr9"),
    (folder_of_something_else, "exists and holds table.txt.gz, which would be lost"),
]


@pytest.mark.parametrize(("case", "message"), CASES, ids=[case.__name__ for case, _ in CASES])
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path: Path, case: Case, message: str) -> None:
    words = case(tmp_path)
    assert_refused(orthrus(tmp_path, *words), message)


def test_a_file_that_the_server_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    with serving(tmp_path / "mirror") as server:
        words = ("sources", "fetch", "a.org/absent", "--resources", "out", "--mirror", server.url)
        assert_refused(orthrus(tmp_path, *words), "/a.org/absent: the server answers 404")


def reasons(path: Path) -> dict[str, str]:
    rows = schemas.read_table(path, schemas.DROPPED).select("transcript_id", "reason").iter_rows()
    return dict(rows)


def test_few_malformed_rows_are_listed_with_their_reason(tmp_path: Path) -> None:
    write_table(tmp_path, MANY + UNEQUAL)
    done = orthrus(tmp_path, *BUILD)
    assert (done.status, done.err) == (
        0,
        "hg38.test: 99 transcripts, 0 rows excluded, 1 rejected (exon_lists 1)\n",
    )
    assert reasons(tmp_path / "out/rejected.parquet") == {"bad": "exon_lists"}


def test_few_rows_that_do_not_fit_the_genome_are_listed_with_their_reason(tmp_path: Path) -> None:
    write_rows(tmp_path, row("t1"), row("lost", "chr9"), row("t2"), row("far", end=7))
    done = orthrus(tmp_path, *ENCODE, "--set", "max_rejected=0.5")
    assert (done.status, done.err) == (
        0,
        "out.zarr: 2 transcripts, 12 nt, 2 rejected (chrom_end 1, chrom_missing 1); "
        "1 of 2 sequence names unmatched (25.0% of rows)\n",
    )
    assert reasons(tmp_path / "out.zarr/rejected.parquet") == {
        "lost": "chrom_missing",
        "far": "chrom_end",
    }
    assert pl.read_parquet(tmp_path / "out.zarr/table.parquet")["transcript_id"].to_list() == [
        *("t1", "t2")
    ]


def test_names_in_messages_are_printed_as_they_are(tmp_path: Path) -> None:
    done = orthrus(tmp_path, "sources", "fetch", "[red]a:b:100:", "--resources", "out")
    assert_refused(done, "error: [red]a:b:100:: not in the catalogue")

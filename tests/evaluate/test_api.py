"""Embedding in one call, and on the command line, from every form of transcripts."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from custom_helpers import bed12
from evaluate_helpers import random_codes, write_test_store
from models_helpers import small
from transcripts_helpers import Transcript, annotated_frames, write_fasta

import orthrus
from orthrus import schemas
from orthrus.__main__ import main
from orthrus.errors import OrthrusError
from orthrus.evaluate import embeddings_io
from orthrus.models import checkpoint

EXONS, CDS = [(2, 8), (9, 14)], (3, 12)
GENOME = {"chr1": "CCATGGCNTAAttgacgtANNacgtagctgatcgg"}
TOYS = [
    Transcript(name, "chr1", strand, EXONS, annotated_frames(EXONS, CDS, strand), CDS)
    for name, strand in (("b", "+"), ("a", "-"))
]
MATURE = ">b cds=2-9 exons=1-6,7-11\nATGGCNAATTG\n>a cds=3-10 exons=1-5,6-11\nCAATTNGCCAT\n"
TELLING_ITS_PEAK = """
import atexit
from pathlib import Path
from orthrus.__main__ import main

atexit.register(lambda: print(Path("/proc/self/status").read_text()))
main()
"""
"""The command; what `wait4` tells of its memory includes that of the process it was forked from."""


KILLED = """
import os, signal
from orthrus.__main__ import main
from orthrus.evaluate import embed_checkpoint
from orthrus.models.encoder import Orthrus

embed_checkpoint.EVERY = 0.0
embed, calls = Orthrus.embed, iter(range(4))
def until_killed(*batch):
    if next(calls, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return embed(*batch)
Orthrus.embed = until_killed
main()
"""
"""The command, which nothing warns before it dies at its fifth batch."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    checkpoint.save(small(), tmp_path / "model")
    checkpoint.save(small(tracks=4), tmp_path / "four")
    write_fasta(tmp_path / "g.fa", GENOME)
    write_fasta(tmp_path / "other.fa", {"scaffold": "ACGT"})
    (tmp_path / "t.bed").write_text(bed12(TOYS))
    (tmp_path / "m.fa").write_text(MATURE)
    (tmp_path / "bare.fa").write_text(">b\nATGGCNAATTG\n>a\nCAATTNGCCAT\n")
    return tmp_path


def values(table: pl.DataFrame) -> np.ndarray:
    return table["embedding"].to_numpy()


def test_every_form_gives_the_same_vectors(folder: Path) -> None:
    model = folder / "model"
    of_genome = orthrus.embed(annotation=folder / "t.bed", genome=folder / "g.fa", model=model)
    schemas.check(of_genome, schemas.embeddings(32))
    assert of_genome["transcript_id"].to_list() == ["b", "a"]
    for again in (
        orthrus.embed(mature=folder / "m.fa", model=model, max_tokens=1),
        orthrus.embed(str(folder / "m.fa"), model=small(), threads=2),
    ):
        assert again["transcript_id"].equals(of_genome["transcript_id"])
        np.testing.assert_allclose(values(again), values(of_genome), atol=1e-6)


def test_a_store_in_memory_and_as_files(folder: Path) -> None:
    store = write_test_store(folder / "s.zarr", random_codes(5))
    table = orthrus.embed(store, model=folder / "model", max_memory="2G")
    run(folder, "s.zarr", "--model", "model", "-o", "e.parquet")
    names, matrix = embeddings_io.read_embeddings(folder / "e.parquet")
    assert names.to_list() == table["transcript_id"].to_list() == [f"T{i}" for i in range(5)]
    np.testing.assert_array_equal(matrix, values(table))
    run(folder, "s.zarr", "--weights", "model", "-o", "e.npy")
    np.testing.assert_array_equal(np.load(folder / "e.npy"), matrix)
    run(folder, "s.zarr", "--weights", "model", "-o", "other", "--format", "npy")
    np.testing.assert_array_equal(np.load(folder / "other"), matrix)


def test_unknown_settings_and_attributes() -> None:
    with pytest.raises(OrthrusError, match="embed: unknown key 'max_token'; did you mean"):
        orthrus.embed("x", model="y", max_token=5)
    with pytest.raises(AttributeError, match="has no attribute 'embedd'"):
        _ = orthrus.embedd


# The command.


def run(folder: Path, *words: str, expect: int = 0) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["orthrus", "embed", *words])
        with pytest.raises(SystemExit) as caught:
            main()
    assert int(caught.value.code or 0) == expect


def test_the_command_embeds_own_files_and_tells_what_is_lacking(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(folder.iterdir())
    run(folder, "--bed", "t.bed", "--fasta", "g.fa", "--weights", "model", "-o", "e.parquet")
    lines = capsys.readouterr().err.splitlines()
    assert "t.bed: BED12, 2 rows: 2 transcripts, 0 excluded, 0 rejected" in lines
    assert lines[-1] == "e.parquet: 2 transcripts, 22 nt, width 32"
    assert not any("half-lives" in line for line in lines)
    assert set(folder.iterdir()) - before == {folder / "e.parquet"}
    run(folder, "bare.fa", "--weights", "model", "-o", "e.parquet")
    told = capsys.readouterr().err
    assert "of these transcripts 2 of 2 have no exon ends and 2 of 2 have no CDS" in told
    run(folder, "m.fa", "--weights", "four", "-o", "e.parquet")
    assert "the model has 4 tracks: it reads the bases alone" in capsys.readouterr().err


def test_four_tracks_see_bases_alone(folder: Path) -> None:
    known, bare = (
        values(orthrus.embed(folder / name, model=folder / "four")) for name in ("m.fa", "bare.fa")
    )
    np.testing.assert_array_equal(known, bare)


BAD = [
    ("s.zarr -o e.npy", "s.zarr: cannot be read: No such file"),
    ("m.fa --mature m.fa -o e.npy", "m.fa: give this or your own files, not both"),
    ("model --features m.fa -o e.npy", "--features: goes with a FASTA file of mature transcripts"),
    ("-o e.npy", "nothing to read; give --annotation and --genome, or --mature"),
    ("t.bed -o e.npy", "t.bed: is no store, task table or FASTA"),
    ("--bed t.bed --fasta other.fa -o e.npy", "no sequence of the annotation is in the genome"),
    ("m.fa -o e.npy --max-memory lots", "--max-memory: 'lots' is not a valid size"),
    ("m.fa -o e.npy --max-memory 1M", "--max-memory: transcript b of 11 nt needs"),
    ("m.fa -o model --format npy", "model: is a folder; name a file"),
    ("m.fa -o m.fa --format zarr", "m.fa: is a file; name a folder"),
    ("m.fa -o e.npy --set max_tokens=0", "max_tokens: "),
    (
        "m.fa -o e.csv",
        "e.csv: its suffix is none of those known here; name it .parquet, .npy or .zarr, or say",
    ),
]


@pytest.mark.parametrize(("words", "message"), BAD)
def test_a_mistake_is_one_line_and_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    before = sorted(folder.rglob("*"))
    run(folder, *words.split(), "--model", "model", expect=2)
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("error: ")
    assert message in last
    assert sorted(folder.rglob("*")) == before


def test_a_killed_command_continues_when_it_is_typed_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_test_store(folder / "s.zarr", random_codes(12))
    words = ["s.zarr", "--model", "model", "--set", "max_tokens=1", "-o"]
    run(folder, *words, "whole.npy")
    before = sorted(folder.iterdir())
    killed = subprocess.run([sys.executable, "-c", KILLED, "embed", *words, "e.npy"], cwd=folder)
    assert killed.returncode == -signal.SIGKILL
    assert not (folder / "e.npy").exists()
    run(folder, *words, "e.npy")
    assert "continuing after 4 batches" in capsys.readouterr().err
    np.testing.assert_array_equal(np.load(folder / "e.npy"), np.load(folder / "whole.npy"))
    assert set(folder.iterdir()) - {*before} == {folder / "e.npy", folder / "e.ids.txt"}


def test_a_limit_of_memory_holds(folder: Path) -> None:
    sizes = np.random.default_rng(0).integers(375, 750, 12)  # 27,000 nt: 0.95 GB at once
    write_fasta(folder / "long.fa", {f"t{i}": "ACGT" * int(n) for i, n in enumerate(sizes)})
    checkpoint.save(small(width=256, layers=1), folder / "wide")
    limits = ["--max-memory", "700M", "--set", "max_tokens=1000000"]
    words = ["embed", "long.fa", "--model", "wide", "-o", "e.npy", *limits]
    done = subprocess.run(
        [sys.executable, "-c", TELLING_ITS_PEAK, *words],
        cwd=folder, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", done.stdout)
    assert int(peak) * 1024 < 700e6

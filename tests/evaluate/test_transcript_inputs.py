from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from evaluate_helpers import random_codes, task_table, write_test_store

from orthrus import schemas
from orthrus.errors import OrthrusError
from orthrus.evaluate import transcript_inputs
from orthrus.transcripts.codes import CODON_START, EXON_END

CODES = random_codes(12)
MARKED = bytes([CODON_START, 1, 2, EXON_END])


def write_task(folder: Path, codes: list[bytes]) -> Path:
    schemas.write_table(task_table(codes, [[0.0]] * len(codes)), folder / "t.parquet", schemas.TASK)
    return folder / "t.parquet"


def test_a_store_is_read_like_a_task(tmp_path: Path) -> None:
    store = transcript_inputs.open_transcripts(write_test_store(tmp_path / "s.zarr", CODES))
    table = transcript_inputs.open_transcripts(write_task(tmp_path, CODES))
    assert store.names.to_list() == table.names.to_list()
    np.testing.assert_array_equal(store.codes, table.codes)
    np.testing.assert_array_equal(store.offsets, table.offsets)


def test_damaged_codes(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="reserved bit"):
        transcript_inputs.open_transcripts(write_task(tmp_path, [b"\x80"]))


def test_codes_of_another_length(tmp_path: Path) -> None:
    task = task_table(CODES[:2], [[0.0]] * 2)
    task[1, "length"] = 1
    schemas.write_table(task, tmp_path / "t.parquet", schemas.TASK)
    with pytest.raises(OrthrusError, match="1 transcripts have another length than codes"):
        transcript_inputs.open_transcripts(tmp_path / "t.parquet")


def test_empty_transcript(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="transcript T1 is empty"):
        transcript_inputs.open_transcripts(write_task(tmp_path, [b"\x00", b""]))


def test_a_table_without_rows(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="holds no transcript"):
        transcript_inputs.open_transcripts(write_task(tmp_path, []))


def test_fasta_is_told_by_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(b">t\nAN\n"))
    found = transcript_inputs.InputSpec(tmp_path / "a").read()
    assert (found.names.to_list(), found.codes.tolist()) == (["t"], [0, 4])
    (tmp_path / "a").write_text("chr1\t1\t2\n")
    with pytest.raises(OrthrusError, match="a: is no store, task table or FASTA; give a gene t"):
        transcript_inputs.InputSpec(tmp_path / "a").read()


def test_a_fasta_where_own_files_cannot_be_given(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">t\nAN\n")
    with pytest.raises(OrthrusError, match=r"is no store or task table; make one with `orthrus en"):
        transcript_inputs.open_transcripts(tmp_path / "a.fa")


@pytest.mark.parametrize(
    ("codes", "n_tracks", "message"),
    [
        ([MARKED, MARKED[1:]], 6, None),
        ([MARKED, MARKED[:3]], 6, "of these transcripts 1 of 2 have no exon ends: there those"),
        ([MARKED[1:]], 6, "of these transcripts 1 of 1 have no CDS: there those tracks are zeros"),
        ([b"\x00"], 6, "1 of 1 have no exon ends and 1 of 1 have no CDS: there those"),
        ([MARKED, MARKED[1:], MARKED[2:]], 6, None),  # two are known to be non-coding
        ([MARKED], 4, "the model has 4 tracks: it reads the bases alone"),
    ],
)
def test_what_a_model_cannot_know(
    tmp_path: Path, codes: list[bytes], n_tracks: int, message: str | None
) -> None:
    lines = transcript_inputs.shortcomings(
        transcript_inputs.open_transcripts(write_task(tmp_path, codes)), n_tracks
    )
    assert len(lines) == (message is not None)
    assert message is None or message in lines[0]


def test_mature_transcripts_without_a_cds_are_counted(tmp_path: Path) -> None:
    fasta = ">a cds=1-3 exons=1-4\nATGA\n>b exons=1-4\nATGA\n>c exons=1-4\nATGA\n"
    (tmp_path / "m.fa").write_text(fasta)
    (line,) = transcript_inputs.shortcomings(
        transcript_inputs.InputSpec(tmp_path / "m.fa").read(), 6
    )
    assert line.startswith("of these transcripts 2 of 3 have no CDS: there those tracks are zeros")

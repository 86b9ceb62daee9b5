from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transcripts_helpers import annotated_frames

from orthrus import schemas
from orthrus.annotation.normalize import SetMetadata
from orthrus.errors import OrthrusError
from orthrus.transcripts.codes import decode
from orthrus.transcripts.spliced_fasta import Mature, read_spliced

LABEL = SetMetadata("own.m", "Toy species")


def read_text(folder: Path, text: str, features: str | None = None) -> Mature:
    (folder / "m.fa").write_text(text)
    if features:
        (folder / "f.tsv").write_text(features)
    return read_spliced(folder / "m.fa", folder / "f.tsv" if features else None, LABEL)


def by_letter(sequence: str, cds: tuple[int, int] | None, ends: list[int]) -> np.ndarray:
    """The six tracks, base by base."""
    start, end = cds or (0, 0)
    return np.array(
        [
            [letter == base for base in "ACGT"]
            + [start <= place < end and (place - start) % 3 == 0, place + 1 in ends]
            for place, letter in enumerate(sequence)
        ],
        dtype=np.uint8,
    )


@st.composite
def transcripts(draw: st.DrawFn) -> tuple[str, tuple[int, int] | None, list[int]]:
    """Draw a sequence, its CDS and its exon ends (none: unknown)."""
    sequence = draw(st.text("ACGTN", min_size=1, max_size=30))
    places = st.integers(0, len(sequence) - 1)
    first, last = sorted((draw(places), draw(places)))
    inner = draw(st.lists(st.integers(1, len(sequence)), max_size=4))
    ends = sorted({*inner, len(sequence)}) if draw(st.booleans()) else []
    return sequence, (first, last + 1) if draw(st.booleans()) else None, ends


def header(name: str, cds: tuple[int, int] | None, ends: list[int]) -> str:
    exons = ",".join(f"{a + 1}-{b}" for a, b in zip([0, *ends], ends, strict=False))
    cds_word = f" cds={cds[0] + 1}-{cds[1]}" if cds else ""
    return f">{name}{cds_word}" + (f" exons={exons}" if ends else "")


@given(st.lists(transcripts(), min_size=1, max_size=5))
def test_equals_base_by_base(
    tmp_path_factory: pytest.TempPathFactory,
    cases: list[tuple[str, tuple[int, int] | None, list[int]]],
) -> None:
    lines = [f"{header(f't{i}', *case[1:])}\n{case[0]}\n" for i, case in enumerate(cases)]
    made = read_text(tmp_path_factory.mktemp("mature"), "".join(lines))
    assert np.array_equal(decode(made.codes), np.concatenate([by_letter(*case) for case in cases]))
    assert made.without_exons == sum(not ends for _, _, ends in cases)
    schemas.check(made.table, schemas.TRANSCRIPTS)
    for row, (sequence, cds, ends) in zip(made.table.iter_rows(named=True), cases, strict=True):
        assert (row["mature_cds_start"], row["mature_cds_end"]) == (cds or (None, None))
        assert row["exon_ends"] == (ends or [len(sequence)])
        exons = list(zip(row["exon_starts"], row["exon_ends"], strict=True))
        assert row["exon_frames"] == annotated_frames(exons, cds or (0, 0), "+")


def test_a_table_gives_what_headers_lack(tmp_path: Path) -> None:
    made = read_text(
        tmp_path,
        ">t1\nATGTAACC\n>t2\nAC\n",
        "transcript_id\tcds\texons\tbiotype\nt1\t1-6\t1-2,3-8\tprotein_coding\n",
    )
    tracks = decode(made.codes)
    assert np.flatnonzero(tracks[:, 4]).tolist() == [0, 3]
    assert np.flatnonzero(tracks[:, 5]).tolist() == [1, 7]
    row = made.table.row(0, named=True)
    assert (row["chrom"], row["strand"], row["tx_end"], row["biotype"], row["has_utr"]) == (
        ("t1", "+", 8, "protein_coding", True)
    )
    assert (row["annotation_set"], row["species"]) == ("own.m", "Toy species")


PIECES = (
    ">",
    "\n",
    "\r\n",
    " ",
    "t1",
    "ACGT",
    "acgu",
    "N",
    "-",
    "\t",
    "|",
    "ENST1|",
    "CDS:1-3|",
    ";",
)
PLACES = ("cds=1-3", "cds=", "cds=0-9", "cds=9-1", "cds=1-99999999999999999999", "exons=1-4")
LISTS = ("exons=1-2,3-4", "exons=,", "segs:1-4", "exons=-1--4", "é", "\udcff", "\0")


@given(st.lists(st.sampled_from(PIECES + PLACES + LISTS), max_size=20).map("".join))
def test_damaged_files_give_an_error_or_a_table(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "m.fa"
    path.write_bytes(text.encode(errors="surrogateescape"))
    try:
        made = read_spliced(path, None, LABEL)
    except OrthrusError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017 (there need not be an error)
        return
    schemas.check(made.table, schemas.TRANSCRIPTS)
    assert len(made.table) == text.lstrip().count("\n>") + 1
    assert decode(made.codes).shape == (made.table["length"].sum(), 6)

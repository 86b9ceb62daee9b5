import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from transcripts_helpers import Transcript, table

from orthrus import schemas
from orthrus.transcripts.display import describe, layout, translate
from orthrus.transcripts.store import Store, write_store


def codes(bases: str, codon_starts: tuple[int, ...] = (), exon_ends: tuple[int, ...] = ()):
    found = np.array(["ACGTN".index(base) for base in bases], dtype=np.uint8)
    found[list(codon_starts)] |= 8
    found[list(exon_ends)] |= 16
    return found


@pytest.mark.parametrize(
    ("transcript", "cds_end", "expected"),
    [
        (codes("CATGTGGTAAC", (1, 4, 7)), 10, " M  W  *   "),
        (codes("ATGATGAA", (0, 3, 6)), 8, "M  M  ? "),  # an incomplete 3' end
        (codes("ATGCATG", (0, 4)), None, "M   M  "),  # the frame breaks by one base
        (codes("ATATG", (0, 2)), None, "? M  "),
        (codes("ANG", (0,)), None, "?  "),
        (codes("ACGT"), None, "    "),
        (codes("ATGCC", (0, 3)), None, "M  ? "),
    ],
)
def test_translation(transcript: np.ndarray, cds_end: int | None, expected: str) -> None:
    assert "".join(translate(transcript, cds_end)) == expected


@pytest.fixture
def store(tmp_path: Path) -> Store:
    coding = codes("C" + "ATGGCN" + "C" * 55 + "GT", (1, 4), (6, 63))
    rows = [
        Transcript(
            "t1", "chr1", "-", [(10, 67), (70, 77)], [-1, 0], (71, 77), gene="ABC",
            extra={"mature_cds_start": 1, "mature_cds_end": 7},
        ),
        Transcript("t2", "chr1", "+", [(0, 2)], [-1]),
    ]  # fmt: skip
    write_store(
        tmp_path / "a.zarr",
        np.concatenate([coding, codes("AC", (), (1,))]),
        np.array([0, 64, 66]),
        table(rows),
        schemas.DROPPED.empty(),
        {"annotation_set": "toy1.toy"},
    )
    return Store.open(tmp_path / "a.zarr")


def printed(store: Store, name: str, **options: object) -> str:
    page = io.StringIO()
    Console(file=page, soft_wrap=True, highlight=False, **options).print(layout(store, name))
    return page.getvalue()


def test_a_coding_transcript(store: Store) -> None:
    assert printed(store, "t1").splitlines() == [
        "t1  ABC  toy1.toy",
        "chr1:11-77 (-)  64 nt, 2 exons",
        "CDS 2-7 of the transcript, 2 codon starts",
        "beneath the bases: the amino acid at each codon start, ^ the last base of an exon",
        "",
        " 1 CATGGCN" + "C" * 53,
        "    M  ?",
        "         ^",
        "61 CCGT",
        "      ^",
    ]


def test_a_non_coding_transcript(store: Store) -> None:
    assert printed(store, "t2").splitlines()[:3] == [
        "t2  no gene  toy1.toy",
        "chr1:1-2 (+)  2 nt, 1 exon",
        "non-coding",
    ]


def test_colour_on_a_terminal_only(store: Store) -> None:
    assert "\x1b[" in printed(store, "t1", force_terminal=True, color_system="standard")
    assert "\x1b[" not in printed(store, "t1")


def test_description(store: Store) -> None:
    found = describe(store)
    assert (found["transcripts"], found["coding"], found["rejected"], found["nt"]) == (2, 1, 0, 66)
    assert found["digest"] == store.digest
    assert 0 < found["bits_per_nt"] < 8 * found["bytes"] / found["nt"]

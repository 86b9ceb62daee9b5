from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tasks_helpers import write_lines

from orthrus.errors import OrthrusError
from orthrus.tasks import appris

HEADERLESS = (
    ("AKT3", "10000", "NM_005465.4", "CCDS31077.1", "PRINCIPAL:1"),
    ("AKT3", "10000", "XM_005272995.2", "-", "ALTERNATIVE:2"),
    ("BTNL10", "100129094", "XM_011544015.2", "-", "MINOR"),
)


def ranks(path: Path) -> dict[str, tuple[int, bool]]:
    return {name: (rank, mane) for name, rank, mane in appris.read_appris(path).iter_rows()}


def test_data_file_without_header(tmp_path: Path) -> None:
    assert ranks(write_lines(tmp_path / "a.txt", *HEADERLESS)) == {
        "NM_005465": (1, False),
        "XM_005272995": (12, False),
        "XM_011544015": (29, False),
    }


def test_data_file_with_header_and_mane(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.txt",
        ("Gene name", "Gene ID", "Transcript ID", "CCDS ID", "APPRIS Annotation", "MANE"),
        ("TP53", "ENSG00000141510", "ENST00000269305", "CCDS11118", "PRINCIPAL:1", "MANE_Select"),
        ("TP53", "ENSG00000141510", "ENST00000420246", "CCDS73971", "MINOR", ""),
    )
    assert ranks(path) == {"ENST00000269305": (1, True), "ENST00000420246": (29, False)}


def test_download_of_the_site(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.txt",
        ("Gene ID", "Gene name", "Transcript ID", "CCDS ID", "APPRIS Annotation"),
        ("ENSG00000141510", "TP53", "ENST00000269305.9", "CCDS11118", "PRINCIPAL:2"),
    )
    assert ranks(path) == {"ENST00000269305": (2, False)}


def test_a_transcript_listed_twice_has_its_better_rank(tmp_path: Path) -> None:
    gene = ("A", "1", "NM_1.1", "-")
    path = write_lines(tmp_path / "a.txt", (*gene, "ALTERNATIVE:1"), (*gene, "PRINCIPAL:3"))
    assert ranks(path) == {"NM_1": (3, False)}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([("a", "b")], "is not APPRIS: no header, and 2 columns"),
        ([("Gene ID", "Transcript ID")], "is not APPRIS: it has no column 'appris annotation'"),
        ([(*HEADERLESS[0][:4], "BEST:1")], "'BEST:1' of transcript NM_005465.4 is no annotation"),
        ([], "is empty"),
        ([HEADERLESS[0], (*HEADERLESS[0], "a", "b")], "is no table of text"),
    ],
)
def test_malformed_files_are_one_line(
    tmp_path: Path, lines: list[tuple[str, ...]], message: str
) -> None:
    path = write_lines(tmp_path / "a.txt", *lines)
    with pytest.raises(OrthrusError, match=message) as error:
        appris.read_appris(path)
    assert "\n" not in str(error.value)


def test_the_real_file(real_data: Path) -> None:
    path = real_data / "labels/appris/appris_data.principal.txt.gz"
    expected: dict[str, int] = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            _, _, name, _, annotation = line.split()
            kind, number = annotation.split(":")
            rank = int(number) + (10 if kind == "ALTERNATIVE" else 0)
            # mitochondrial genes are listed by their proteins
            bare = name if name.startswith("YP_") else name.split(".")[0]
            expected[bare] = min(rank, expected.get(bare, 99))
    assert {name: rank for name, (rank, _) in ranks(path).items()} == expected
    assert len(expected) > 64_000

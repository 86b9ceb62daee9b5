"""Reading BioMart's paralog tables."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from orthrus.errors import OrthrusError
from orthrus.relations.paralogs import read_paralogs

HEADER = (
    "Gene stable ID\tGene name\tHuman paralogue gene stable ID\t"
    "Human paralogue associated gene name\t"
    "Paralogue %id. target Human gene identical to query gene\t"
    "Paralogue %id. query gene identical to target Human gene\n"
)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_real_rows(tmp_path: Path) -> None:
    text = HEADER + (
        "ENSG00000000003\tTSPAN6\tENSG00000010278\tCD9\t24.4898\t26.3158\n"
        "ENSG00000000003.15\tTSPAN6\tENSG00000011105.1\t\t\t40\n"
        "ENSG00000210049\tMT-TF\t\t\t\t\n"
        "[success]\n"
    )
    path = tmp_path / "paralogs.tsv.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    table = read_paralogs(path)
    assert table.rows() == [
        ("ENSG00000000003", "TSPAN6", "ENSG00000010278", "CD9", 24.4898, 26.3158),
        ("ENSG00000000003", "TSPAN6", "ENSG00000011105", None, None, 40.0),
        ("ENSG00000210049", "MT-TF", None, None, None, None),
    ]


def test_any_species_order_and_case(tmp_path: Path) -> None:
    text = (
        "Mouse paralogue gene stable ID\tgene stable id\t"
        "Paralogue %id. query gene identical to target Mouse gene\textra\n"
        "ENSMUSG00000000002\tENSMUSG00000000001\t12.5\tx\n"
    )
    row = read_paralogs(write(tmp_path / "mouse.tsv", text)).row(0)
    assert row == ("ENSMUSG00000000001", None, "ENSMUSG00000000002", None, None, 12.5)


def test_real_file(real_data: Path) -> None:
    table = read_paralogs(real_data / "mirror/www.ensembl.org/biomart/human_paralogs.tsv.gz")
    assert len(table) == 358_987
    assert table["paralog_name"].null_count() == 7_066
    assert table["target"].null_count() == table["query"].null_count() == 358_987


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Query ERROR: caught BioMart::Exception\n", "line 1: not a BioMart table of paralogs"),
        ("Gene stable ID\tGene name\n", "no column like '.+ paralogue gene stable id"),
        ("", "is not a tab-separated table"),
        (HEADER + "a\tb\tc\td\t1\t2\t3\n", "is not a tab-separated table"),
        (
            HEADER + "a\t\tb\t\t30\t30\nc\t\td\t\tmany\t30\n",
            "line 3: identity 'many' is not a perc",
        ),
        (HEADER + "a\t\tb\t\t30\t101\n", "line 2: identity '101' is not a percentage"),
        (HEADER + "a\t\tb\t\tnan\t1\n", "line 2: identity 'nan' is not a percentage"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=f"bad.tsv: .*{message}"):
        read_paralogs(write(tmp_path / "bad.tsv", text))


def test_a_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "cut.tsv.gz"
    path.write_bytes(gzip.compress((HEADER * 99).encode())[:-20])
    with pytest.raises(OrthrusError, match="gzip stream is truncated or corrupt"):
        read_paralogs(path)

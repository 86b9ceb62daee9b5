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


def test_names_of_attributes(tmp_path: Path) -> None:
    text = (
        "ensembl_gene_id\texternal_gene_name\tmmusculus_paralog_ensembl_gene\t"
        "mmusculus_paralog_associated_gene_name\tmmusculus_paralog_perc_id\t"
        "mmusculus_paralog_perc_id_r1\n"
        "ENSMUSG00000000001\tGnai3\tENSMUSG00000000002\tX\t40\t50\n"
    )
    row = read_paralogs(write(tmp_path / "mouse.tsv", text)).row(0)
    assert row == ("ENSMUSG00000000001", "Gnai3", "ENSMUSG00000000002", "X", 40.0, 50.0)


def test_answers_end_to_end(tmp_path: Path) -> None:
    one, two = "a\tA\tb\tB\t30\t40\n[success]\n", "c\tC\td\tD\t50\t60\n[success]\n"
    table = read_paralogs(write(tmp_path / "chunks.tsv", HEADER + one + HEADER + two))
    assert table["gene_id"].to_list() == ["a", "c"]
    failed = write(tmp_path / "failed.tsv", HEADER + one + "Query ERROR: caught it\n")
    with pytest.raises(OrthrusError, match="line 4: BioMart answers 'Query ERROR: caught it'"):
        read_paralogs(failed)


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
        ("", "is empty"),
        (HEADER + "a\tb\tc\td\t1\t2\t3\n", "line 2: expected 6 tab-separated fields, got 7"),
        (HEADER + "a\tb\t\t\t\t\na\tb\tc\n", "line 3: expected 6 tab-separated fields, got 3"),
        (HEADER + "\tb\tc\td\t1\t2\n", "line 2: names no gene"),
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

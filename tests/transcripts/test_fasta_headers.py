from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from orthrus.errors import OrthrusError
from orthrus.transcripts.fasta_headers import add_features, intervals, read_headers

FASTA = Path("m.fa")


def read(*headers: str) -> list[tuple]:
    return read_headers(list(headers), FASTA).rows()


def placed(length: int, header: str) -> tuple:
    return intervals(read_headers([header], FASTA), pl.Series([length]), FASTA).row(0)


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("t1", ("t1", None, None, None, None, None)),
        ("t1.2 a cds=4-9 word", ("t1.2", "4-9", None, None, None, None)),
        ("t1 exons=1-4,5-12;cds=4-9", ("t1", "4-9", "1-4,5-12", None, None, None)),
        (
            "ENST00000641515.2|ENSG00000186092.7|OTTHUMG00000001094.4|OTTHUMT00000003223.4|"
            "OR4F5-201|OR4F5|2618|UTR5:1-60|CDS:61-1041|UTR3:1042-2618|",
            ("ENST00000641515.2", "61-1041", None, "ENSG00000186092.7", "OR4F5", None),
        ),
        (
            "ENST00000456328.2|ENSG00000290825.1|OTTHUMG00000002860.3|OTTHUMT00000362751.1|"
            "DDX11L2-202|DDX11L2|1657|lncRNA|",
            ("ENST00000456328.2", None, None, "ENSG00000290825.1", "DDX11L2", "lncRNA"),
        ),
        (
            "ENST00000632684.1 cdna chromosome:GRCh38:7:142786213:142786224:1 "
            "gene:ENSG00000282431.1 gene_biotype:TR_D_gene transcript_biotype:TR_D_gene "
            "gene_symbol:TRBD1 description:T cell receptor [Source:HGNC Symbol;Acc:HGNC:12158]",
            ("ENST00000632684.1", None, None, "ENSG00000282431.1", "TRBD1", "TR_D_gene"),
        ),
        (
            "NM_1 gene=ABC CDS=4-9 loc:chr1|1000-5000|+ exons:1000-1500,2000-5000 segs:1-4,5-12",
            ("NM_1", "4-9", "1-4,5-12", None, "ABC", None),
        ),
    ],
)
def test_headers(header: str, known: tuple) -> None:
    assert read(header) == [known]


def test_positions_count_from_one_and_include_the_last() -> None:
    assert placed(12, "t cds=1-3 exons=1-4,5-12") == (0, 3, [0, 4], [4, 12])
    assert placed(12, "t cds=10-12 exons=1-12") == (9, 12, [0], [12])
    assert placed(12, "t") == (None, None, None, None)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("cds=0-3", "t: cds=0-3 is no interval from-to of its 12 nt, counted from 1"),
        ("cds=1-13", "cds=1-13 is no interval"),
        ("cds=5-4", "cds=5-4 is no interval"),
        ("cds=5", "cds=5 is no interval"),
        ("cds=5-x", "cds=5-x is no interval"),
        ("cds=-5--2", "cds=-5--2 is no interval"),
        ("cds=1-99999999999999999999", "is no interval"),
        ("exons=1-4,6-12", "t: exons=1-4,6-12 do not cover its 12 nt end to end"),
        ("exons=2-12", "exons=2-12 do not cover"),
        ("exons=1-4,5-11", "exons=1-4,5-11 do not cover"),
        ("exons=1-4,4-12", "exons=1-4,4-12 do not cover"),
        ("exons=1-4,5-4,5-12", "exons=1-4,5-4,5-12 do not cover"),
        ("exons=1-4,,5-12", "exons=1-4,,5-12 do not cover"),
        ("exons=12", "exons=12 do not cover"),
    ],
)
def test_faulty_places(fault: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=r"^m\.fa: transcript t") as caught:
        placed(12, f"t {fault}")
    assert message in str(caught.value)


def test_names_are_there_and_differ() -> None:
    with pytest.raises(OrthrusError, match="more than one transcript is named a; rename"):
        read("a x", "b", "a y")
    with pytest.raises(OrthrusError, match="1 of 2 records have no name"):
        read("a", "  ")


def features(folder: Path, text: str) -> pl.DataFrame:
    (folder / "f.tsv").write_text(text)
    known = read_headers(["t1 cds=1-3", "t2 cds=4-6 exons=1-9", "t3"], FASTA)
    return add_features(known, folder / "f.tsv")


def test_a_table_beside_the_headers_comes_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = features(
        tmp_path, "cds\ttranscript_id\tgene_name\n7-9\tt1\tABC\n\tt2\t\n1-2\tother\t\n"
    )
    assert table.select("transcript_id", "cds", "exons", "gene_name").rows() == [
        ("t1", "7-9", None, "ABC"),
        ("t2", "4-6", "1-9", None),
        ("t3", None, None, None),
    ]
    assert capsys.readouterr().err == (
        f"{tmp_path}/f.tsv: 1 of 3 lines name no transcript of the FASTA file, the first other\n"
    )


@pytest.mark.parametrize("mark", ["#", "\ufeff"])
def test_the_header_of_a_table_may_be_marked(tmp_path: Path, mark: str) -> None:
    assert features(tmp_path, f"{mark}transcript_id\tcds\nt1\t7-9\n")["cds"][0] == "7-9"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("t1\t4-9\n", "line 1: expected transcript_id and some of cds, exons"),
        ("transcript_id\n", "line 1: expected"),
        ("transcript_id\tcds\tcds\nt1\t1-3\t1-3\n", "line 1: expected"),
        ("transcript_id\tcds\tlength\nt1\t4-9\t12\n", "expected .* got transcript_id, cds, length"),
        ("transcript_id\tcds\nt1\t1-3\nt1\t1-3\n", "more than one line for the transcript 't1'"),
        ("transcript_id\tcds\texons\nt1\t1-3\n", "line 2: expected 3 tab-separated fields, got 2"),
        ("transcript_id\tcds\nx\t1-3\n", "names none of the transcripts"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        features(tmp_path, text)

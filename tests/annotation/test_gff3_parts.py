"""Which lines of a GFF3 are parts of one transcript, and which are of none."""

from pathlib import Path

import pytest
from annotation_helpers import build_text, reasons

from orthrus.annotation import lines


def feature(
    kind: str, first: int, last: int, attributes: str, strand: str = "+", phase: str = ".",
    chrom: str = "c1",
) -> str:  # fmt: skip
    return f"{chrom}\tx\t{kind}\t{first}\t{last}\t.\t{strand}\t{phase}\t{attributes}\n"


def mrna(name: str, first: int = 101) -> str:
    """An mRNA of one exon."""
    return feature("mRNA", first, first + 99, f"ID={name}") + feature(
        "exon", first, first + 99, f"Parent={name}"
    )


@pytest.mark.parametrize(
    ("between", "names"),
    [
        ("##FASTAQKLV\n", ["t1", "t2"]),
        ("###\n##fasta\n# ##FASTA\n##FASTA of c1\n", ["t1", "t2"]),
        (feature("region", 1, 9, "ID=r;Note=##FASTA > here"), ["t1", "t2"]),
        ("##FASTA\n", ["t1"]),
        ("##FASTA \t\r\n>c1\nACGT\n", ["t1"]),
        (">c1\nACGT\n", ["t1"]),
        (">c1 with\ttabs\n", ["t1"]),
    ],
)
def test_sequences_begin_at_a_directive_or_a_name(
    tmp_path: Path, between: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = mrna("t1") + between + mrna("t2", 301)
    for size in (1 << 20, 1, len(mrna("t1")) - 1):
        monkeypatch.setattr(lines, "BLOCK", size)
        assert build_text(tmp_path, text).transcripts["transcript_id"].to_list() == names


@pytest.mark.parametrize("last", ["##FASTA", "##FASTA\r", ">c1"])
def test_the_last_line_may_begin_the_sequences(tmp_path: Path, last: str) -> None:
    assert len(build_text(tmp_path, mrna("t1") + last).transcripts) == 1


def cds(name: str, first: int, last: int, more: str = "", phase: str = "0") -> str:
    return feature("CDS", first, last, f"ID={name};Parent=gene-x{more}", phase=phase)


@pytest.mark.parametrize(
    "lines_",
    [
        cds("cds-A", 101, 200) + cds("cds-B", 301, 600),
        cds("cds-NP_1.1", 101, 199) + cds("cds-NP_2.1", 301, 600),
        cds("cds-AAA12345.1", 101, 199) + cds("cds-AAA12346.1", 301, 600),
        cds("cds1", 101, 199) + cds("cds1", 301, 399) + cds("cds2", 501, 599),
        cds("cds1", 101, 199, ";protein_id=P1") + cds("cds2", 301, 399, ";protein_id=P2"),
        cds("orf-gag", 101, 199) + cds("orf-pol", 301, 600) + cds("orf-env", 701, 799),
    ],
)
def test_two_cdss_of_one_parent_are_no_transcript(tmp_path: Path, lines_: str) -> None:
    text = mrna("t1", 2001) + feature("gene", 101, 800, "ID=gene-x") + lines_
    made = build_text(tmp_path, text, "max_rejected=1")
    assert reasons(made) == {"x": "several_cds"}
    assert made.rejected["detail"][0].startswith("CDSs ")
    assert made.transcripts["transcript_id"].to_list() == ["t1"]


UUIDS = ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "9b2504e0-4f89-11d3-9a0c-0305e82c33ff")


@pytest.mark.parametrize(
    "names",
    [
        ("cds-NP_1.1", "cds-NP_1.1"),
        ("t1.cds1", "t1.cds2"),
        ("CDS:1", "CDS:2"),
        ("cds00001", "cds00002"),
        ("CDS_FBgn0031208:1_737", "CDS_FBgn0031208:2_737"),
        ("PAC:101.CDS.1", "PAC:101.CDS.10"),
        UUIDS,
    ],
)
def test_numbered_parts_are_one_cds(tmp_path: Path, names: tuple[str, str]) -> None:
    text = feature("gene", 101, 600, "ID=gene-x")
    text += cds(names[0], 101, 199) + cds(names[1], 301, 600)
    row = build_text(tmp_path, text).transcripts.row(0, named=True)
    assert (row["exon_starts"], row["exon_frames"]) == ([100, 300], [0, 0])


def test_parts_of_one_protein_are_one_cds(tmp_path: Path) -> None:
    parts = cds("a", 101, 199, ";protein_id=P") + cds("b", 301, 399, ";protein_id=P")
    made = build_text(tmp_path, feature("gene", 101, 399, "ID=gene-x") + parts)
    assert len(made.transcripts) == 1


TRANS = ";exception=trans-splicing"


@pytest.mark.parametrize(
    ("exons", "strand", "mark", "reason"),
    [
        ([(301, 400, "+"), (101, 200, "+")], "+", TRANS, "trans_spliced"),
        ([(301, 400, "+"), (101, 200, "-")], "+", TRANS, "trans_spliced"),
        ([(301, 400, "-"), (101, 200, "+")], ".", ";exception=trans_splicing", "trans_spliced"),
        ([(101, 200, "-"), (301, 400, "-")], "-", TRANS + ";part=1/2", "trans_spliced"),
        ([(301, 400, "-"), (101, 200, "+")], ".", "", "strand"),
        ([(301, 400, "+"), (101, 200, "+")], ".", "", "strand"),
    ],
)
def test_a_transcript_spliced_in_trans_is_rejected_once(
    tmp_path: Path, exons: list[tuple[int, int, str]], strand: str, mark: str, reason: str
) -> None:
    text = mrna("t1", 2001) + feature("mRNA", 101, 400, "ID=bad" + mark, strand)
    text += "".join(feature("exon", a, b, "Parent=bad", side) for a, b, side in exons)
    made = build_text(tmp_path, text, "max_rejected=1")
    assert reasons(made) == {"bad": reason}
    assert len(made.rejected) == 1
    assert made.rejected["detail"][0]
    assert made.transcripts["transcript_id"].to_list() == ["t1"]


def test_parts_are_read_in_their_stated_order(tmp_path: Path) -> None:
    text = feature("gene", 101, 400, "ID=gene-x") + feature("gene", 101, 400, "ID=gene-y")
    for gene, order in (("x", (1, 2)), ("y", (2, 1))):
        for first, part in zip((101, 301), order, strict=True):
            place = f"ID=cds-{gene};Parent=gene-{gene}{TRANS};part={part}"
            text += feature("CDS", first, first + 99, place, phase="0")
    made = build_text(tmp_path, text, "max_rejected=1")
    assert reasons(made) == {"y": "trans_spliced"}
    assert made.transcripts["exon_starts"].to_list() == [[100, 300]]


def test_exons_of_any_order_make_an_ordinary_transcript(tmp_path: Path) -> None:
    text = feature("mRNA", 101, 400, "ID=t") + feature("exon", 301, 400, "Parent=t")
    made = build_text(tmp_path, text + feature("exon", 101, 200, "Parent=t"))
    assert made.transcripts["exon_starts"].to_list() == [[100, 300]]


@pytest.mark.parametrize("kind", ["noncoding_exon", "coding_exon", "interior_exon"])
def test_other_types_of_exons_are_exons(tmp_path: Path, kind: str) -> None:
    text = feature("mRNA", 101, 400, "ID=t") + feature("five_prime_noncoding_exon", 101, 200,
                                                       "Parent=t")  # fmt: skip
    text += feature(kind, 301, 400, "Parent=t")
    assert build_text(tmp_path, text).transcripts["exon_starts"].to_list() == [[100, 300]]


def test_exons_that_are_repeated_by_kind_count_once(tmp_path: Path) -> None:
    text = feature("mRNA", 101, 600, "ID=t") + feature("exon", 101, 200, "Parent=t")
    text += feature("coding_exon", 121, 200, "Parent=t") + feature("exon", 301, 400, "Parent=t")
    text += feature("coding_exon", 301, 400, "Parent=t") * 2
    text += feature("three_prime_noncoding_exon", 501, 600, "Parent=t")
    row = build_text(tmp_path, text).transcripts.row(0, named=True)
    assert row["exon_starts"] == [100, 300, 500]


@pytest.mark.parametrize("kind", ["RNA", "ncRNA_gene", "lincRNA", "primary_transcript"])
def test_a_gene_that_is_typed_as_its_rna_is_no_transcript(tmp_path: Path, kind: str) -> None:
    text = feature(kind, 101, 200, "ID=gene:G;gene_id=G;Name=A")
    text += feature("transcript", 101, 200, "ID=transcript:T;Parent=gene:G")
    text += feature("exon", 101, 200, "Parent=transcript:T")
    made = build_text(tmp_path, text)
    assert made.rejected.is_empty()
    columns = ("transcript_id", "gene_id", "gene_name")
    assert made.transcripts.select(columns).rows() == [("T", "G", "A")]
    childless = feature("transcript", 101, 150, "ID=transcript:U;Parent=gene:G")
    made = build_text(tmp_path, text + childless, "max_rejected=1")
    assert reasons(made) == {"U": "no_exon"}


def test_a_cds_without_phases_is_read_from_its_start(tmp_path: Path) -> None:
    parts = [(351, 400), (201, 260), (101, 140)]
    text = feature("mRNA", 101, 400, "ID=t", "-") + "".join(
        feature(kind, first, last, "Parent=t", "-")
        for first, last in parts
        for kind in ("exon", "CDS")
    )
    row = build_text(tmp_path, text).transcripts.row(0, named=True)
    assert row["exon_frames"] == [2, 2, 0]
    assert (row["cds_start_stat"], row["cds_end_stat"]) == ("unk", "unk")
    stated = text.replace("CDS\t201\t260\t.\t-\t.", "CDS\t201\t260\t.\t-\t2")
    assert build_text(tmp_path, stated).transcripts["exon_frames"].to_list() == [[1, 1, 0]]


def test_a_missing_parent_is_one_row(tmp_path: Path) -> None:
    parts = "".join(feature("exon", i, i + 9, "Parent=rna-lost,t1") for i in (301, 401))
    parts += feature("CDS", 301, 304, "Parent=rna-lost", phase="0")
    parts += feature("CDS", 305, 309, "Parent=rna-lost", phase="1")
    parts += feature("CDS", 301, 306, "Parent=other%2C1", phase="0", chrom="c2")
    text = mrna("t1").replace("200\t.\t+\t.\tID", "410\t.\t+\t.\tID") + parts
    made = build_text(tmp_path, text, "max_rejected=1")
    assert made.rejected.drop("source_row").rows() == [
        ("lost", "c1", "attributes", 'Parent "rna-lost" has no line of its own'),
        ("other,1", "c2", "attributes", 'Parent "other,1" has no line of its own'),
    ]
    assert made.transcripts["exon_starts"].to_list() == [[100, 300, 400]]


def test_overlapping_cds_parts_without_exons_are_a_frame_shift(tmp_path: Path) -> None:
    text = feature("gene", 101, 400, "ID=gene-x")
    text += cds("cds-1", 101, 199) + cds("cds-1", 199, 400, phase="0")
    row = build_text(tmp_path, text).transcripts.row(0, named=True)
    assert (row["exon_starts"], row["exon_frames"]) == ([100, 198], [0, 0])

from dataclasses import replace
from pathlib import Path

import pytest
from annotation_helpers import (
    Gene,
    build_text,
    complete_genes,
    frames_by_walking,
    reasons,
    runs,
    spliced,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orthrus.errors import OrthrusError

START_NF, END_NF = 'tag "cds_start_NF";', 'tag "cds_end_NF";'


def line(
    feature: str, first: int, last: int, strand: str = "+", phase: str = ".", name: str = "T1.1",
    more: str = "", chrom: str = "chr1",
) -> str:  # fmt: skip
    attributes = f'gene_id "G1.1"; transcript_id "{name}"; gene_name "ABC"; {more}'
    return f"{chrom}\tx\t{feature}\t{first}\t{last}\t.\t{strand}\t{phase}\t{attributes}\n"


def forward(more: str = "") -> str:
    """Exons 10-40, 50-100, 120-130; CDS 20-92 and, split over an intron, the stop codon."""
    return (
        line("transcript", 11, 130, more=more)
        + line("exon", 11, 40)
        + line("CDS", 21, 40, phase="0")
        + line("start_codon", 21, 23, phase="0")
        + line("exon", 51, 100)
        + line("CDS", 51, 98, phase="1")
        + line("stop_codon", 99, 100, phase="0")
        + line("exon", 121, 130)
        + line("stop_codon", 121, 121, phase="1")
    )


def test_a_stop_codon_split_over_two_exons_is_inside_the_cds(tmp_path: Path) -> None:
    row = build_text(tmp_path, forward()).transcripts.row(0, named=True)
    assert (row["tx_start"], row["tx_end"]) == (10, 130)
    assert (row["cds_start"], row["cds_end"]) == (20, 121)
    assert row["exon_frames"] == [0, 2, 2]
    assert (row["cds_start_stat"], row["cds_end_stat"]) == ("cmpl", "cmpl")
    assert row["mature_cds_end"] - row["mature_cds_start"] == 20 + 50 + 1


def test_a_split_stop_codon_without_phases_is_counted(tmp_path: Path) -> None:
    text = forward().replace("stop_codon\t121\t121\t.\t+\t1", "stop_codon\t121\t121\t.\t+\t.")
    assert build_text(tmp_path, text).transcripts["exon_frames"].to_list() == [[0, 2, 2]]


def test_the_reverse_strand_keeps_genomic_order(tmp_path: Path) -> None:
    text = (
        line("exon", 81, 100, "-")
        + line("CDS", 81, 90, "-", "0")
        + line("start_codon", 88, 90, "-", "0")
        + line("exon", 11, 40, "-")
        + line("CDS", 24, 40, "-", "2")
        + line("stop_codon", 21, 23, "-", "0")
    )
    row = build_text(tmp_path, text).transcripts.row(0, named=True)
    assert (row["exon_starts"], row["exon_frames"]) == ([10, 80], [1, 0])
    assert (row["cds_start"], row["cds_end"]) == (20, 90)
    assert (row["mature_cds_start"], row["mature_cds_end"]) == (10, 40)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        (forward(START_NF), ("incmpl", "cmpl")),
        (forward(END_NF), ("cmpl", "incmpl")),
        (forward().replace("start_codon\t21\t23", "start_codon\t21\t22"), ("incmpl", "cmpl")),
        (forward().replace("stop_codon\t99", "UTR\t99"), ("cmpl", "incmpl")),
    ],
)
def test_an_end_is_complete_when_its_codon_is(
    tmp_path: Path, text: str, marks: tuple[str, str]
) -> None:
    row = build_text(tmp_path, text).transcripts.row(0, named=True)
    assert (row["cds_start_stat"], row["cds_end_stat"]) == marks


def test_on_the_reverse_strand_the_stop_codon_is_the_left_end(tmp_path: Path) -> None:
    text = line("exon", 11, 40, "-") + line("CDS", 14, 40, "-", "0")
    text += line("stop_codon", 11, 13, "-", "0")
    row = build_text(tmp_path, text).transcripts.row(0, named=True)
    assert (row["cds_start_stat"], row["cds_end_stat"]) == ("cmpl", "incmpl")


def test_attributes_of_gencode_ensembl_and_ncbi(tmp_path: Path) -> None:
    gencode = 'transcript_type "lncRNA"; transcript_support_level "2"; tag "basic"; tag "CCDS";'
    ensembl = 'gene_version "3"; transcript_version "7"; transcript_biotype "snRNA";'
    ncbi = 'gene_id "BRCA1"; transcript_id "NM_1.4"; gene "BRCA1"; transcript_biotype "mRNA";'
    text = (
        line("exon", 11, 40, more=gencode)
        + line("exon", 11, 40, name="ENST2", more=ensembl)
        + f"chr2\tx\texon\t11\t40\t.\t+\t.\t{ncbi}\n"
    )
    table = build_text(tmp_path, text).transcripts
    columns = ("transcript_id", "gene_id", "gene_name", "biotype", "tags")
    assert table.select(columns).rows() == [
        ("T1.1", "G1.1", "ABC", "lncRNA", ["CCDS", "basic", "tsl2"]),
        ("ENST2.7", "G1.1.3", "ABC", "snRNA", []),
        ("NM_1.4", "BRCA1", "BRCA1", "mRNA", []),
    ]


def test_a_name_on_two_chromosomes_is_two_rows(tmp_path: Path) -> None:
    text = line("exon", 11, 40) + line("exon", 11, 40, chrom="chr2", name="T1.1_dup1")
    made = build_text(tmp_path, text)
    assert made.summary["input_rows"] == 2
    assert made.summary["excluded"] == {"duplicate_name": 1}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("exon", 0, 40, name="bad"), "coordinate"),
        (line("exon", 11, 40, name="bad").replace("\t40\t", "\tforty\t"), "coordinate"),
        (line("exon", 41, 40, name="bad"), "exon_empty"),
        (line("exon", 11, 40, ".", name="bad"), "strand"),
        (line("transcript", 11, 40, name="bad"), "no_exon"),
        (line("exon", 11, 40, name="bad") + line("CDS", 11, 40, phase="3", name="bad"), "phase"),
        (line("exon", 11, 40, name="bad") + line("CDS", 30, 50, phase="0", name="bad"),
         "cds_intron"),
        (line("exon", 11, 40, name="bad") + line("exon", 40, 50, name="bad"), "exon_order"),
        (line("exon", 11, 40, name="bad") + line("exon", 50, 60, name="bad").replace("\tx\t", "\t"),
         "columns"),
    ],
)  # fmt: skip
def test_a_bad_line_condemns_its_transcript(tmp_path: Path, bad: str, reason: str) -> None:
    made = build_text(tmp_path, forward() + bad, "max_rejected=1")
    assert reasons(made) == {"bad": reason}
    assert made.transcripts["transcript_id"].to_list() == ["T1.1"]


@pytest.mark.parametrize(
    ("strands", "stray"),
    [("++.", "."), ("++-", "-"), ("+.+", "."), (".++", "."), ("-.-", "."), ("--+", "+")],
)
def test_a_line_on_another_strand_condemns_its_transcript(
    tmp_path: Path, strands: str, stray: str
) -> None:
    places = (("transcript", 11, 60), ("exon", 11, 40), ("exon", 51, 60))
    bad = "".join(
        line(*place, strand, name="bad") for place, strand in zip(places, strands, strict=True)
    )
    elsewhere = line("exon", 11, 40, name="bad", chrom="chr2")
    made = build_text(tmp_path, forward() + bad + elsewhere, "max_rejected=1")
    number = 10 + strands.index(stray)
    assert made.rejected.select("transcript_id", "chrom", "reason", "detail").rows() == [
        ("bad", "chr1", "strand", f"line {number}: strand {stray}")
    ]
    assert made.transcripts["chrom"].to_list() == ["chr1", "chr2"]


def test_a_transcript_without_strand_is_one_row(tmp_path: Path) -> None:
    bad = line("exon", 11, 40, ".", name="bad") + line("exon", 51, 60, ".", name="bad")
    made = build_text(tmp_path, forward() + bad, "max_rejected=1")
    assert made.rejected.select("reason", "detail").rows() == [("strand", "strand .")]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("exon", 801, 900, "-", name="bad") + line("exon", 101, 190, name="bad"), "strand"),
        (
            line("transcript", 101, 900, ".", name="bad")
            + line("exon", 801, 900, name="bad")
            + line("exon", 101, 190, "-", name="bad"),
            "strand",
        ),
        (
            line("transcript", 801, 900, "-", name="bad")
            + line("exon", 801, 900, "-", name="bad")
            + line("transcript", 101, 190, name="bad")
            + line("exon", 101, 190, name="bad"),
            "strand",
        ),
        (
            line("exon", 801, 900, "-", name="bad", more='exception "trans-splicing";')
            + line("exon", 101, 190, name="bad"),
            "trans_spliced",
        ),
        (
            line("transcript", 101, 900, name="bad", more='exception "trans-splicing";')
            + line("exon", 801, 900, name="bad")
            + line("exon", 101, 190, name="bad"),
            "trans_spliced",
        ),
    ],
)
def test_a_transcript_spliced_in_trans_is_rejected_once(
    tmp_path: Path, bad: str, reason: str
) -> None:
    made = build_text(tmp_path, forward() + bad, "max_rejected=1")
    assert made.rejected.select("transcript_id", "reason").rows() == [("bad", reason)]
    assert made.excluded.is_empty()
    assert made.transcripts["transcript_id"].to_list() == ["T1.1"]


def test_in_the_order_of_the_strand_it_is_an_ordinary_transcript(tmp_path: Path) -> None:
    text = line("exon", 801, 900, "-", more='exception "trans-splicing";')
    made = build_text(tmp_path, text + line("exon", 101, 190, "-"))
    assert made.transcripts["exon_starts"].to_list() == [[100, 800]]


def test_a_single_exon_without_strand_is_no_fault(tmp_path: Path) -> None:
    text = forward() + line("transcript", 11, 40, ".", name="S") + line("exon", 11, 40, ".",
                                                                        name="S")  # fmt: skip
    made = build_text(tmp_path, text)
    assert made.excluded.select("transcript_id", "reason", "detail").rows() == [
        ("S", "strand", "strand .")
    ]
    assert made.summary["excluded"] == {"strand": 1}
    bad = line("CDS", 11, 40, ".", "0", name="S")
    assert reasons(build_text(tmp_path, text + bad, "max_rejected=1")) == {"S": "strand"}
    assert len(build_text(tmp_path, text + bad, "max_rejected=1").rejected) == 1


def test_a_cds_without_phases_is_read_from_its_start(tmp_path: Path) -> None:
    text = "".join(
        line(kind, first, last) for first, last in ((11, 40), (51, 100)) for kind in ("exon", "CDS")
    )
    row = build_text(tmp_path, text + line("exon", 121, 130)).transcripts.row(0, named=True)
    assert row["exon_frames"] == [0, 0, -1]
    row = build_text(tmp_path, text.replace("\t40\t", "\t39\t")).transcripts.row(0, named=True)
    assert row["exon_frames"] == [0, 2]


def test_a_file_cut_after_a_first_exon_is_noticed(tmp_path: Path) -> None:
    text = forward() + forward().replace("T1.1", "bad")
    made = build_text(tmp_path, "".join(text.splitlines(keepends=True)[:11]), "max_rejected=1")
    assert made.rejected.select("transcript_id", "reason", "detail").rows() == [
        ("bad", "exon_span", "exons 10-40 of transcript 10-130")
    ]


def test_a_line_that_names_no_transcript_is_a_row_of_its_own(tmp_path: Path) -> None:
    nameless = 'chr1\tx\texon\t11\t40\t.\t+\t.\tgene_id "G1";\n'
    made = build_text(tmp_path, forward() + nameless, "max_rejected=1")
    assert made.rejected.select("transcript_id", "reason", "source_row").rows() == [
        (None, "attributes", 10)
    ]


def test_a_file_with_genes_only_has_no_transcript(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="no transcript is left of 0 rows"):
        build_text(tmp_path, 'chr1\tx\tgene\t11\t40\t.\t+\t.\tgene_id "G1";\n')


def test_numbered_copies_on_one_chromosome_are_told_apart(tmp_path: Path) -> None:
    text = line("exon", 11, 40) + line("exon", 1011, 1040, name="T1.1_dup1")
    made = build_text(tmp_path, text)
    assert made.transcripts.select("transcript_id", "exon_starts").rows() == [("T1.1", [10])]
    assert reasons(made) == {"T1.1": "duplicate_name"}


def test_copies_that_cannot_be_told_apart_are_rejected(tmp_path: Path) -> None:
    copy = line("transcript", 11, 40, name="bad") + line("exon", 11, 40, name="bad")
    made = build_text(
        tmp_path, forward() + copy + copy.replace("\t11\t40", "\t51\t60"), "max_rejected=1"
    )
    assert reasons(made) == {"bad": "repeated"}


def as_gtf(gene: Gene) -> str:
    """Write a complete transcript as GTF, whose CDS ends before the stop codon."""
    coding = [base for base in spliced(gene) if gene.cds[0] <= base < gene.cds[1]]
    frame_of = {base: count % 3 for count, base in enumerate(coding)}
    parts = {"exon": [base for exon in gene.exons for base in range(*exon)]}
    if coding:
        parts |= {"CDS": coding[:-3], "start_codon": coding[:3], "stop_codon": coding[-3:]}
    text = line("transcript", gene.exons[0][0] + 1, gene.exons[-1][1], gene.strand, name=gene.name)
    for feature, bases in parts.items():
        for start, end in runs(gene, bases):
            first = start if gene.strand == "+" else end - 1
            phase = "." if feature == "exon" else str(-frame_of[first] % 3)
            text += line(feature, start + 1, end, gene.strand, phase, name=gene.name)
    return text


@given(st.lists(complete_genes(), min_size=1, max_size=3))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
    max_examples=60,
    deadline=None,
)
def test_gtf_and_genepred_of_any_transcript_are_identical(tmp_path: Path, many: list[Gene]) -> None:
    named = [replace(gene, name=f"T{i}") for i, gene in enumerate(many)]
    of_gtf = build_text(tmp_path, "".join(map(as_gtf, named))).transcripts
    of_genepred = build_text(
        tmp_path, "".join(gene.line(name2="ABC") for gene in named)
    ).transcripts
    assert of_gtf.drop("gene_id").equals(of_genepred.drop("gene_id"))
    assert of_gtf["exon_frames"].to_list() == [frames_by_walking(gene) for gene in named]


@pytest.mark.parametrize(
    ("first", "second"),
    [('protein_id "P1";', 'protein_id "P2";'), ("protein_id P1;", 'protein_id "P2";')],
)
def test_cds_lines_of_two_proteins_are_no_transcript(
    tmp_path: Path, first: str, second: str
) -> None:
    names = 'gene_id "g"; transcript_id "t";'
    text = (
        line("exon", 101, 200)
        + f"c1\tx\texon\t101\t600\t.\t+\t.\t{names}\n"
        + f"c1\tx\tCDS\t101\t199\t.\t+\t0\t{names} {first}\n"
        + f"c1\tx\tCDS\t301\t600\t.\t+\t0\t{names} {second}\n"
    )
    made = build_text(tmp_path, text, "max_rejected=1")
    assert made.rejected["reason"].to_list() == ["several_cds"]
    assert made.rejected["detail"].to_list() == ["proteins P1, P2"]
    assert len(made.transcripts) == 1


def test_mitochondrial_genes_of_ncbi_have_the_names_of_their_genes(tmp_path: Path) -> None:
    text = "".join(
        f'NC_012920.1\tRefSeq\tCDS\t{place}\t.\t+\t0\tgene_id "{gene}"; '
        f'transcript_id "unknown_transcript_1"; gene "{gene}"; protein_id "{protein}";\n'
        for gene, place, protein in (
            ("ND1", "3307\t4262", "YP_003024026.1"),
            ("ND2", "4470\t5511", "YP_003024027.1"),
        )
    )
    made = build_text(tmp_path, text)
    assert made.rejected.is_empty()
    assert made.transcripts["transcript_id"].to_list() == ["ND1", "ND2"]
    assert made.transcripts["exon_starts"].to_list() == [[3306], [4469]]

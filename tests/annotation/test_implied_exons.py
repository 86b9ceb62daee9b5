"""GTF of gene finders: identifiers alone, no exons, stop codons behind the last exon."""

from pathlib import Path
from typing import Any

import pytest
from annotation_helpers import build_text, reasons


def line(
    feature: str, first: int, last: int, strand: str = "+", phase: str = ".", name: str = "g1.t1"
) -> str:
    gene = name.partition(".")[0]
    attributes = f'transcript_id "{name}"; gene_id "{gene}";'
    if feature in ("gene", "transcript"):
        attributes = name if feature == "transcript" else gene
    return f"c1\tAUGUSTUS\t{feature}\t{first}\t{last}\t1\t{strand}\t{phase}\t{attributes}\n"


def row(folder: Path, text: str) -> dict[str, Any]:
    """Return the only transcript of a table, none of whose rows is left out."""
    made = build_text(folder, text)
    assert reasons(made) == {}
    return made.transcripts.row(0, named=True)


def places(found: dict[str, Any]) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Return exons and CDS, counted from 1, the last included, as in GTF."""
    exons = zip(found["exon_starts"], found["exon_ends"], strict=True)
    return [(start + 1, end) for start, end in exons], (found["cds_start"] + 1, found["cds_end"])


AUGUSTUS = (
    "# This output was generated with AUGUSTUS\n# start gene g1\n"
    + line("gene", 101, 900)
    + line("transcript", 101, 900)
    + line("start_codon", 101, 103, phase="0")
    + line("CDS", 101, 400, phase="0")
    + line("exon", 101, 400)
    + line("intron", 401, 600)
    + line("CDS", 601, 900, phase="0")
    + line("exon", 601, 900)
    + line("stop_codon", 898, 900, phase="0")
    + "# protein sequence = [MKL\n# AAA]\n# end gene g1\n###\n"
)


def test_augustus_names_genes_and_transcripts_alone(tmp_path: Path) -> None:
    found = row(tmp_path, AUGUSTUS)
    assert (found["transcript_id"], found["gene_id"]) == ("g1.t1", "g1")
    assert places(found) == ([(101, 400), (601, 900)], (101, 900))
    assert (found["cds_start_stat"], found["cds_end_stat"]) == ("cmpl", "cmpl")
    assert found["exon_frames"] == [0, 0]


@pytest.mark.parametrize("without", ["exon", "exon CDS start_codon", "transcript", "gene"])
def test_lines_of_augustus_that_may_be_absent(tmp_path: Path, without: str) -> None:
    kept = [
        text for text in AUGUSTUS.splitlines(keepends=True)
        if text.startswith("#") or text.split("\t")[2] != without
    ]  # fmt: skip
    found = row(tmp_path, "".join(kept))
    assert (found["transcript_id"], found["gene_id"]) == ("g1.t1", "g1")
    assert places(found) == ([(101, 400), (601, 900)], (101, 900))


def test_every_line_may_be_named_alone(tmp_path: Path) -> None:
    text = "".join(f"c1\tx\t{what}\t101\t400\t.\t-\t0\tmodel_7\n" for what in ("exon", "CDS"))
    found = row(tmp_path, text)
    assert (found["transcript_id"], found["gene_id"]) == ("model_7", None)
    assert places(found) == ([(101, 400)], (101, 400))


def test_transcripts_named_alone_and_in_full_in_one_file(tmp_path: Path) -> None:
    """TSEBRA keeps lines of AUGUSTUS beside those of GeneMark."""
    genemark = "".join(
        f'c1\tGeneMark.hmm3\t{what}\t{first}\t{last}\t.\t-\t{phase}\tgene_id "7_g"; '
        f'transcript_id "7_t"; cds_type "{kind}"; count "1_2";\n'
        for what, first, last, phase, kind in (
            ("stop_codon", 2101, 2103, "0", "Terminal"),
            ("CDS", 2101, 2200, "1", "Terminal"),
            ("CDS", 2301, 2400, "0", "Initial"),
            ("start_codon", 2398, 2400, "0", "Initial"),
        )
    )
    table = build_text(tmp_path, AUGUSTUS + genemark).transcripts
    assert table.select("transcript_id", "gene_id", "exon_starts").rows() == [
        ("g1.t1", "g1", [100, 600]),
        ("7_t", "7_g", [2100, 2300]),
    ]
    assert table["cds_end_stat"].to_list() == ["cmpl", "cmpl"]


@pytest.mark.parametrize(
    ("lines", "exons", "cds"),
    [
        # Twinscan: the CDS ends before the stop codon, UTRs touch it or are exons of their own.
        ([("5UTR", 51, 70, "."), ("5UTR", 91, 100, "."), ("CDS", 101, 200, "0"),
          ("CDS", 301, 396, "2"), ("stop_codon", 397, 399, "0"), ("3UTR", 400, 450, ".")],
         [(51, 70), (91, 200), (301, 450)], (101, 399)),
        # The stop codon is split over an intron.
        ([("CDS", 101, 200, "0"), ("CDS", 301, 399, "2"), ("stop_codon", 400, 400, "0"),
          ("stop_codon", 501, 502, "2")], [(101, 200), (301, 400), (501, 502)], (101, 502)),
        ([("five_prime_utr", 91, 100, "."), ("CDS", 101, 200, "0")], [(91, 200)], (101, 200)),
        ([("CDS", 101, 400, "0"), ("stop_codon", 398, 400, "0"), ("3'-UTR", 401, 410, ".")],
         [(101, 410)], (101, 400)),
        ([("transcript", 101, 399, "."), ("CDS", 101, 396, "0"), ("stop_codon", 397, 399, "0")],
         [(101, 399)], (101, 399)),
        ([("transcript", 101, 396, "."), ("CDS", 101, 396, "0"), ("stop_codon", 397, 399, "0")],
         [(101, 399)], (101, 399)),
        ([("transcript", 101, 399, "."), ("CDS", 101, 396, "0")], [(101, 399)], (101, 396)),
    ],
)  # fmt: skip
def test_exons_of_cds_stop_codon_and_utrs(
    tmp_path: Path,
    lines: list[tuple[str, int, int, str]],
    exons: list[tuple[int, int]],
    cds: tuple[int, int],
) -> None:
    forward = "".join(line(what, *place, phase=phase) for what, *place, phase in lines)
    assert places(row(tmp_path, forward)) == (exons, cds)
    mirrored = "".join(
        line(what, 1000 - last, 1000 - first, "-", phase) for what, first, last, phase in lines
    )
    assert places(row(tmp_path, mirrored)) == (
        [(1000 - last, 1000 - first) for first, last in reversed(exons)],
        (1000 - cds[1], 1000 - cds[0]),
    )


@pytest.mark.parametrize(
    ("lines", "exons"),
    [
        # GALBA: the stop codon touches the last exon.
        ([("exon", 101, 200), ("exon", 301, 396), ("stop_codon", 397, 399)],
         [(101, 200), (301, 399)]),
        ([("transcript", 101, 396), ("exon", 101, 200), ("exon", 301, 396),
          ("stop_codon", 397, 399)], [(101, 200), (301, 399)]),
        ([("transcript", 101, 399), ("exon", 101, 200), ("exon", 301, 396),
          ("stop_codon", 397, 399)], [(101, 200), (301, 399)]),
        ([("transcript", 101, 399), ("exon", 101, 200), ("exon", 301, 396)],
         [(101, 200), (301, 399)]),
        # It is split over an intron, within or behind the last exon.
        ([("exon", 101, 200), ("exon", 301, 397), ("stop_codon", 397, 397),
          ("stop_codon", 501, 502)], [(101, 200), (301, 397), (501, 502)]),
        ([("exon", 101, 200), ("exon", 301, 396), ("stop_codon", 397, 398),
          ("stop_codon", 501, 501)], [(101, 200), (301, 398), (501, 501)]),
        # It lies within the last exon already.
        ([("exon", 101, 200), ("exon", 301, 450), ("stop_codon", 397, 399)],
         [(101, 200), (301, 450)]),
    ],
)  # fmt: skip
def test_a_stop_codon_behind_the_last_exon(
    tmp_path: Path, lines: list[tuple[str, int, int]], exons: list[tuple[int, int]]
) -> None:
    lines = [*lines, ("CDS", 101, 200), ("CDS", 301, 396)]
    phases = {101: "0", 301: "2"}
    forward = "".join(
        line(what, first, last, phase=phases.get(first, "0") if what == "CDS" else ".")
        for what, first, last in lines
    )
    stops = [last for what, _, last in lines if what == "stop_codon"]
    end = max(stops, default=396)
    assert places(row(tmp_path, forward)) == (exons, (101, end))
    mirrored = "".join(
        line(what, 1000 - last, 1000 - first, "-", phases.get(first, "0") if what == "CDS" else ".")
        for what, first, last in lines
    )
    assert places(row(tmp_path, mirrored)) == (
        [(1000 - last, 1000 - first) for first, last in reversed(exons)],
        (1000 - end, 899),
    )


@pytest.mark.parametrize(
    ("stop", "strand"),
    [((405, 407), "+"), ((98, 100), "+"), ((401, 403), "-"), ((401, 420), "+"), ((404, 404), "+")],
)
def test_a_stop_codon_elsewhere_lengthens_nothing(
    tmp_path: Path, stop: tuple[int, int], strand: str
) -> None:
    text = (
        line("exon", 101, 400, strand)
        + line("CDS", 101, 400, strand, "0")
        + line("stop_codon", *stop, strand)
        + line("exon", 1101, 1400, name="g2.t1")
    )
    made = build_text(tmp_path, text, "max_rejected=1")
    assert reasons(made) == {"g1.t1": "cds_intron"}


def test_each_transcript_of_a_file_has_its_own_way(tmp_path: Path) -> None:
    text = (
        line("CDS", 101, 399, phase="0", name="a.1")
        + line("exon", 51, 499, name="b.1")
        + line("CDS", 101, 399, phase="0", name="b.1")
        + line("UTR", 101, 399, name="b.1")
        + line("UTR", 101, 399, name="c.1")
    )
    made = build_text(tmp_path, text, "max_rejected=1")
    assert made.transcripts.select("transcript_id", "exon_starts", "exon_ends").rows() == [
        ("a.1", [100], [399]),
        ("b.1", [50], [499]),
    ]
    assert reasons(made) == {"c.1": "no_exon"}


def test_gff3_has_stop_codons_behind_the_last_exon_too(tmp_path: Path) -> None:
    text = "".join(
        f"c1\tx\t{what}\t{first}\t{last}\t.\t+\t{phase}\t{names}\n"
        for what, first, last, phase, names in (
            ("mRNA", 101, 396, ".", "ID=t1"),
            ("exon", 101, 396, ".", "Parent=t1"),
            ("CDS", 101, 396, "0", "Parent=t1"),
            ("stop_codon", 397, 399, "0", "Parent=t1"),
        )
    )
    assert places(row(tmp_path, text)) == ([(101, 399)], (101, 399))


def exon(name: str, gene: str, chrom: str = "c1", at: int = 101) -> str:
    attributes = f'gene_id "{gene}"; transcript_id "{name}";'
    return f"{chrom}\tx\texon\t{at}\t{at + 99}\t.\t+\t.\t{attributes}\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (exon("gene_dup1", "G"), ["gene_dup1"]),
        (exon("a_dup1", "A") + exon("a_dup2", "A", at=501), ["a_dup1", "a_dup2"]),
        (exon("a", "A") + exon("a_dup1", "B", at=501), ["a", "a_dup1"]),
        (exon("NM_1", "A") + exon("NM_1_dup1", "A", at=501), ["NM_1"]),
        (exon("NM_1_dup1", "A", at=501) + exon("NM_1", "A", "c2"), ["NM_1"]),
        (exon("NM_1", "NM_1") + exon("NM_1_dup1", "NM_1_dup1", at=501), ["NM_1"]),
        (exon("NM_1", "A", "c1_alt") + exon("NM_1_dup1", "A", "c2"), ["NM_1"]),
    ],
)
def test_a_numbered_name_is_a_copy_only_beside_the_first(
    tmp_path: Path, text: str, names: list[str]
) -> None:
    made = build_text(tmp_path, text, "excluded_contigs=[]")
    assert made.transcripts["transcript_id"].to_list() == names
    assert sum(made.summary["excluded"].values()) == text.count("\n") - len(names)


@pytest.mark.parametrize(
    "kinds",
    [
        ("coding_exon", "noncoding_exon"),
        ("five_prime_coding_exon", "three_prime_noncoding_exon"),
        ("pseudogenic_exon", "pseudogenic_exon"),
    ],
)
def test_exons_of_other_types_are_exons(tmp_path: Path, kinds: tuple[str, str]) -> None:
    names = 'gene_id "g"; transcript_id "t";'
    text = "".join(
        f"c1\tx\t{kind}\t{place}\t.\t+\t.\t{names}\n"
        for kind, place in zip(kinds, ("101\t200", "401\t600"), strict=True)
    )
    found = row(tmp_path, text)
    assert (found["exon_starts"], found["exon_ends"]) == ([100, 400], [200, 600])

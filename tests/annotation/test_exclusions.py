from pathlib import Path

import pytest
from annotation_helpers import Gene, build_text, reasons

GOOD = Gene().line()


@pytest.mark.parametrize(
    "contig",
    ["chr1_KI270762v1_alt", "chr1_KN196472v1_fix", "chr6_apd_hap1", "HG1_PATCH", "HSCHR1_1"],
)
def test_contigs_that_repeat_a_locus_are_excluded(tmp_path: Path, contig: str) -> None:
    made = build_text(tmp_path, Gene(name="T2").line() + Gene(name="T1.1", chrom=contig).line())
    assert reasons(made) == {"T1.1": "contig"}
    assert made.rejected.is_empty()


@pytest.mark.parametrize("contig", ["chr1_KI270706v1_random", "chrUn_KI270302v1", "chrM"])
def test_scaffolds_of_their_own_stay(tmp_path: Path, contig: str) -> None:
    assert len(build_text(tmp_path, Gene(chrom=contig).line()).transcripts) == 1


def test_which_contigs_are_excluded_is_a_key(tmp_path: Path) -> None:
    text = GOOD + Gene(name="T2", chrom="chrM").line() + Gene(name="T3", chrom="c_alt").line()
    made = build_text(tmp_path, text, "excluded_contigs=[^chrM$]")
    assert reasons(made) == {"T2": "contig"}
    assert len(build_text(tmp_path, text, "excluded_contigs=[]").transcripts) == 3


def test_the_chry_copy_of_a_pseudo_autosomal_transcript_is_excluded(tmp_path: Path) -> None:
    text = Gene(name="P", chrom="chrY").line() + Gene(name="P", chrom="chrX").line()
    text += Gene(name="Q.1_PAR_Y", chrom="chrY").line() + Gene(name="Y", chrom="chrY").line()
    made = build_text(tmp_path, text)
    assert reasons(made) == {"P": "par_copy", "Q.1_PAR_Y": "par_copy"}
    assert made.transcripts.select("transcript_id", "chrom").rows() == [
        ("P", "chrX"),
        ("Y", "chrY"),
    ]


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("NC_000023.11", "NC_000024.10"),
        ("CM000685.2", "CM000686.2"),
        ("NC_000086.8", "NC_000087.8"),
        ("NC_060947.1", "NC_060948.1"),
        ("X", "Y"),
    ],
)
def test_the_copy_on_y_goes_whichever_comes_first(tmp_path: Path, x: str, y: str) -> None:
    twins = [Gene(name="NM_1.4", chrom=y).line(), Gene(name="NM_1.4", chrom=x).line()]
    numbered = Gene(name="NM_1.4_1", chrom=y).line()
    for text in ("".join(twins), "".join(twins[::-1]), numbered + twins[1]):
        made = build_text(tmp_path, text)
        assert made.summary["excluded"] == {"par_copy": 1}
        assert made.transcripts["chrom"].to_list() == [x]


def test_gencode_once_named_the_copies_on_chry_otherwise(tmp_path: Path) -> None:
    text = GOOD + Gene(name="ENSTR0000381192.3", chrom="chrY").line()
    text += Gene(name="ENSTRUT00000000001.1", chrom="1").line()
    made = build_text(tmp_path, text)
    assert reasons(made) == {"ENSTR0000381192.3": "par_copy"}
    assert len(made.transcripts) == 2


def test_one_row_of_a_repeated_name_stays(tmp_path: Path) -> None:
    text = Gene(chrom="chr1_X_random").line() + GOOD + Gene(chrom="chr2").line() + GOOD
    made = build_text(tmp_path, text)
    assert made.excluded.select("source_row", "reason").rows() == [
        (1, "duplicate_name"),
        (3, "duplicate_name"),
        (4, "duplicate_name"),
    ]
    assert made.transcripts["chrom"].to_list() == ["chr1"]


def test_a_copy_on_an_alt_contig_does_not_count_as_repeated(tmp_path: Path) -> None:
    made = build_text(tmp_path, Gene(chrom="chr1_X_alt").line() + GOOD)
    assert made.summary["excluded"] == {"contig": 1}

from pathlib import Path

import pytest
from annotation_helpers import Gene, build_text, reasons

from orthrus.errors import OrthrusError

GOOD = Gene().line()


def test_rows_that_do_not_fit_the_genome_are_rejected(tmp_path: Path) -> None:
    text = GOOD + Gene(name="far", chrom="chr2").line() + Gene(name="lost", chrom="chr3").line()
    made = build_text(tmp_path, text, "max_rejected=1", chrom_sizes="chr1\t100\nchr2\t99\n")
    assert reasons(made) == {"far": "chrom_end", "lost": "chrom_missing"}
    assert made.rejected["detail"].to_list() == [
        "ends at 100, beyond the end of chr2",
        "the genome has no chr3",
    ]
    assert made.transcripts["transcript_id"].to_list() == ["T1.1"]


def test_an_excluded_contig_need_not_be_in_the_genome(tmp_path: Path) -> None:
    text = GOOD + Gene(name="T2", chrom="chr1_X_alt").line()
    assert reasons(build_text(tmp_path, text, chrom_sizes="chr1\t100\n")) == {"T2": "contig"}


def test_names_are_resolved_and_stay_as_annotated(tmp_path: Path) -> None:
    text = Gene(chrom="PVKX01003706").line() + Gene(name="T2", chrom="NC_01.1").line()
    text += Gene(name="T3", chrom="NC_02").line()
    made = build_text(
        tmp_path,
        text,
        "max_rejected=1",
        chrom_sizes="PVKX01003706.1\t100\nchr1\t100\nchr2\t99\n",
        aliases="#ucsc\trefseq\nchr1\tNC_01.1\nchr2\tNC_02\n",
    )
    assert made.transcripts["chrom"].to_list() == ["PVKX01003706", "NC_01.1"]
    assert reasons(made) == {"T3": "chrom_end"}
    assert made.summary["sequence_names"]["renamed"] == 3


def test_an_ambiguous_accession_means_none(tmp_path: Path) -> None:
    text = GOOD + Gene(name="T2", chrom="AB12345").line()
    sizes = "chr1\t100\nAB12345.1\t100\nAB12345.2\t100\n"
    made = build_text(tmp_path, text, "max_rejected=1", chrom_sizes=sizes)
    assert reasons(made) == {"T2": "chrom_ambiguous"}
    assert made.rejected["detail"].to_list() == ["AB12345 may be AB12345.1 or AB12345.2"]
    assert made.summary["sequence_names"] == {
        "exact": 1,
        "renamed": 0,
        "ambiguous": 1,
        "missing": 0,
        "unmatched_share": 0.5,
    }


def test_lengths_may_come_with_the_aliases(tmp_path: Path) -> None:
    text = GOOD + Gene(name="T2", chrom="2").line()
    report = (
        '{"genbankAccession":"CM%d.1","chrName":"%d","length":%d,"role":"assembled-molecule"}\n'
    )
    made = build_text(
        tmp_path, text, "max_rejected=1", aliases=report % (1, 1, 100) + report % (2, 2, 99)
    )
    assert reasons(made) == {"T2": "chrom_end"}


def test_sequences_that_share_a_name_are_told_by_another(tmp_path: Path) -> None:
    text = Gene(chrom="CM1.1").line() + Gene(name="T2", chrom="AB2.1").line()
    report = '{"sequenceName":"1","genbankAccession":"%s","length":%d}\n'
    aliases = report % ("CM1.1", 100) + report % ("AB2.1", 99)
    made = build_text(tmp_path, text, "max_rejected=1", aliases=aliases)
    assert reasons(made) == {"T2": "chrom_end"}


def test_a_sequence_of_unknown_length_has_room(tmp_path: Path) -> None:
    text = GOOD + Gene(name="T2", chrom="AB2.1").line()
    report = '{"ucscStyleName":"chr1","length":100}\n{"genbankAccession":"AB2.1"}\n'
    assert reasons(build_text(tmp_path, text, aliases=report)) == {}


def test_lengths_that_disagree_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="sequence chr1 has 100 nt, the aliases say 101"):
        build_text(tmp_path, GOOD, chrom_sizes="chr1\t100\n", aliases="chr1\t101\n")


def test_a_genome_without_any_of_the_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="the annotation says chr1, the genome scaffold_7; give"):
        build_text(tmp_path, GOOD, chrom_sizes="scaffold_7\t100\n")


@pytest.mark.parametrize(
    "sizes", ["chr1\n", "chr1\tlong\n", "chr1\t0\n", "chr1\t2147483648\n", "chr1\t100\tx\n"]
)
def test_malformed_sizes_are_refused(tmp_path: Path, sizes: str) -> None:
    with pytest.raises(OrthrusError, match=r"chrom_sizes.txt: line 1: expected a chromosome"):
        build_text(tmp_path, GOOD, chrom_sizes=sizes)


def test_without_bedtools_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OrthrusError, match="bedtools: not found; install it"):
        build_text(tmp_path, GOOD, chrom_sizes="chr1\t100\n")

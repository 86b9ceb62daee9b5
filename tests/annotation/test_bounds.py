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
        "chr3 is not in the genome",
    ]
    assert made.transcripts["transcript_id"].to_list() == ["T1.1"]


def test_an_excluded_contig_need_not_be_in_the_genome(tmp_path: Path) -> None:
    text = GOOD + Gene(name="T2", chrom="chr1_X_alt").line()
    assert reasons(build_text(tmp_path, text, chrom_sizes="chr1\t100\n")) == {"T2": "contig"}


def test_an_accession_without_version_takes_the_name_in_the_genome(tmp_path: Path) -> None:
    text = Gene(chrom="PVKX01003706").line() + Gene(name="T2", chrom="chr1.1").line()
    made = build_text(tmp_path, text, chrom_sizes="PVKX01003706.1\t100\nchr1.1\t200\n")
    assert made.transcripts["chrom"].to_list() == ["PVKX01003706.1", "chr1.1"]


def test_an_ambiguous_accession_is_missing(tmp_path: Path) -> None:
    text = GOOD + Gene(name="T2", chrom="A").line()
    sizes = "chr1\t100\nA.1\t100\nA.2\t100\n"
    made = build_text(tmp_path, text, "max_rejected=1", chrom_sizes=sizes)
    assert reasons(made) == {"T2": "chrom_missing"}


@pytest.mark.parametrize("sizes", ["chr1\n", "chr1\tlong\n", "chr1\t0\n", "chr1\t100\tx\n"])
def test_malformed_sizes_are_refused(tmp_path: Path, sizes: str) -> None:
    with pytest.raises(OrthrusError, match=r"chrom_sizes.txt: line 1: expected a chromosome"):
        build_text(tmp_path, GOOD, chrom_sizes=sizes)


def test_without_bedtools_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OrthrusError, match="bedtools: not found; install it"):
        build_text(tmp_path, GOOD, chrom_sizes="chr1\t100\n")

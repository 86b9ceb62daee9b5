from pathlib import Path

import pytest
from annotation_helpers import Gene, build_text, genes, reasons
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orthrus.errors import OrthrusError

GOOD = Gene().line()


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("coordinate", {"txStart": "ten"}),
        ("coordinate", {"txStart": "-1"}),
        ("coordinate", {"cdsEnd": ""}),
        ("coordinate", {"txEnd": 1 << 40}),
        ("coordinate", {"exonStarts": "10,x,"}),
        ("coordinate", {"exonStarts": "10,,"}),
        ("coordinate", {"exonEnds": "40.0,100,"}),
        ("coordinate", {"exonStarts": "-10,50,"}),
        ("columns", {"exonFrames": "0,2,\textra"}),
        ("columns", {"exonFrames": ""}),
        ("name", {"name": ""}),
        ("chrom", {"chrom": ""}),
        ("strand", {"strand": "."}),
        ("strand", {"strand": ""}),
        ("exon_lists", {"exonEnds": "100,"}),
        ("exon_lists", {"exonFrames": "0,"}),
        ("exon_count", {"exonCount": 3}),
        ("exon_empty", {"exonEnds": "10,100,"}),
        ("exon_empty", {"exonEnds": "5,100,"}),
        ("exon_order", {"exonEnds": "51,100,"}),
        ("exon_order", {"exonStarts": "50,10,", "exonEnds": "100,40,"}),
        ("exon_range", {"txStart": 11, "cdsStart": 20}),
        ("exon_range", {"txEnd": 99}),
        ("exon_span", {"txStart": 9}),
        ("exon_span", {"txEnd": 101}),
        ("cds_range", {"cdsStart": 9}),
        ("cds_range", {"cdsEnd": 101}),
        ("cds_range", {"cdsStart": 80, "cdsEnd": 20}),
        ("cds_intron", {"cdsStart": 45}),
        ("cds_intron", {"cdsEnd": 45}),
        ("stat", {"cdsStartStat": "perhaps"}),
        ("stat", {"cdsEndStat": ""}),
        ("frame", {"exonFrames": "0,3,"}),
        ("frame", {"exonFrames": "0,x,"}),
        ("frame", {"exonFrames": "-1,2,"}),
        ("frame", {"cdsEnd": 40}),
    ],
)
def test_a_malformed_row_is_rejected_with_its_reason(
    tmp_path: Path, reason: str, changes: dict[str, object]
) -> None:
    bad = Gene(name="bad").line(**changes)
    made = build_text(tmp_path, GOOD + bad, "max_rejected=1")
    assert made.rejected["reason"].to_list() == [reason]
    assert made.rejected["source_row"].to_list() == [2]
    assert made.transcripts["transcript_id"].to_list() == ["T1.1"]


def test_frames_and_marks_of_a_noncoding_row_are_put_in_normal_form(tmp_path: Path) -> None:
    odd = Gene(cds=(100, 100)).line(exonFrames="-1,-1,", cdsStartStat="unk")
    row = build_text(tmp_path, odd).transcripts.row(0, named=True)
    assert row["exon_frames"] == [-1, -1]
    assert row["cds_start_stat"] == row["cds_end_stat"] == "none"


def test_abutting_exons_and_a_cds_at_an_exon_edge_are_sound(tmp_path: Path) -> None:
    text = Gene(exons=((10, 20), (20, 40), (41, 42)), cds=(20, 40)).line()
    assert build_text(tmp_path, text).rejected.is_empty()


@given(st.lists(genes(), min_size=1, max_size=4))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None
)
def test_sound_rows_are_never_rejected(tmp_path: Path, many: list[Gene]) -> None:
    text = "".join(gene.line(name=f"T{i}") for i, gene in enumerate(many))
    assert len(build_text(tmp_path, text).transcripts) == len(many)


@given(st.data())
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None
)
def test_a_damaged_line_is_judged_and_never_crashes(tmp_path: Path, data: st.DataObject) -> None:
    fields = Gene(name="bad").line().rstrip("\n").split("\t")
    position = data.draw(st.integers(0, len(fields) - 1))
    junk = st.sampled_from(["", "-5", "x", "1,2,3", ",", "9" * 30, "+", "none", "1e5", '"', "é"])
    fields[position] = data.draw(junk)
    made = build_text(tmp_path, GOOD + "\t".join(fields) + "\n", "max_rejected=1")
    assert len(made.transcripts) + len(made.rejected) + len(made.excluded) == 2


def test_more_malformed_rows_than_tolerated_fail_in_one_line(tmp_path: Path) -> None:
    bad = Gene(name="T9").line(exonCount=7)
    many = "".join(Gene(name=f"G{i}").line() for i in range(99))
    assert reasons(build_text(tmp_path, many + bad)) == {"T9": "exon_count"}
    message = (
        r"2 of 101 rows .* line 100 \(T9\): exon_count, 7 stated.*; mend the table or raise "
        r"annotation\.max_rejected \(in orthrus annotation build: max_rejected\)$"
    )
    with pytest.raises(OrthrusError, match=message):
        build_text(tmp_path, many + bad + bad)


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (Gene(chrom="chr6_GL_alt").line(), r"0 rejected, 1 excluded \(contig 1\)"),
        (Gene().line(exonCount=7), r"1 rejected \(exon_count 1\), 0 excluded"),
    ],
)
def test_no_row_left_fails_and_says_why(tmp_path: Path, last: str, why: str) -> None:
    with pytest.raises(OrthrusError, match=f"no transcript is left of 1 rows: {why}; check"):
        build_text(tmp_path, last, "max_rejected=1")

from pathlib import Path

import pytest
from annotation_helpers import (
    Gene,
    build_text,
    frames_by_walking,
    genes,
    mature_cds_by_walking,
    spliced,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orthrus.schemas import TRANSCRIPTS, check


@given(st.lists(genes(), min_size=1, max_size=4))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
def test_derived_columns_equal_walking_the_transcript(tmp_path: Path, many: list[Gene]) -> None:
    text = "".join(gene.line(name=f"T{i}") for i, gene in enumerate(many))
    table = check(build_text(tmp_path, text).transcripts, TRANSCRIPTS)
    for gene, row in zip(many, table.iter_rows(named=True), strict=True):
        cds = mature_cds_by_walking(gene)
        assert row["length"] == len(spliced(gene))
        assert row["exon_frames"] == frames_by_walking(gene)
        if cds is None:
            assert row["cds_start"] is row["mature_cds_start"] is row["has_utr"] is None
        else:
            assert (row["mature_cds_start"], row["mature_cds_end"]) == cds
            assert row["has_utr"] == (cds != (0, row["length"]))


def test_short_introns_are_joined_and_counted_when_asked(tmp_path: Path) -> None:
    indel = Gene(exons=((10, 40), (42, 60), (80, 100)), cds=(20, 90))
    published = build_text(tmp_path, indel.line())
    assert published.summary["joined_introns"] == 0
    assert published.transcripts["length"].to_list() == [30 + 18 + 20]
    joined = build_text(tmp_path, indel.line(), "min_intron=20")
    assert joined.summary["joined_introns"] == 1
    row = joined.transcripts.row(0, named=True)
    assert (row["exon_starts"], row["exon_ends"]) == ([10, 80], [60, 100])
    assert row["exon_frames"] == [0, frames_by_walking(indel)[2]]  # the next exon keeps its frame
    assert (row["length"], row["mature_cds_end"]) == (70, 60)


def test_an_empty_symbol_is_null(tmp_path: Path) -> None:
    assert build_text(tmp_path, Gene().line(name2="")).transcripts["gene_name"].to_list() == [None]


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("MANE Select", "MANE_Select"),
        ("MANE_Select", "MANE_Select"),
        ("MANE Plus Clinical", "MANE_Plus_Clinical"),
        ("RefSeq Select", "RefSeq_Select"),
        ("mane-select", "MANE_Select"),
        ("RefSeq Select criteria", "RefSeq Select criteria"),
    ],
)
@pytest.mark.parametrize("layout", ["GTF", "GFF3"])
def test_selected_transcripts_have_one_tag(
    tmp_path: Path, written: str, tag: str, layout: str
) -> None:
    place = "c1\tx\t{}\t101\t400\t.\t+\t.\t"
    text = {
        "GTF": place.format("exon") + f'gene_id "g"; transcript_id "t"; tag "{written}";\n',
        "GFF3": place.format("mRNA") + f"ID=t;tag={written},basic\n"
        + place.format("exon") + "ID=e;Parent=t\n",
    }[layout]  # fmt: skip
    assert tag in build_text(tmp_path, text).transcripts["tags"][0]

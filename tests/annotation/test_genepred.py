from pathlib import Path

import pytest
from annotation_helpers import Gene, build_text
from annotation_samples import BINNED, MINUS, NONCODING, REFFLAT
from annotation_samples import PLAIN as PLAIN_ROWS

from orthrus.annotation.detect_format import Format
from orthrus.annotation.genepred import EXTENDED, PLAIN, parse
from orthrus.annotation.lines import Block
from orthrus.errors import OrthrusError


def without_bin(text: str) -> str:
    return "".join(line.split("\t", 1)[1] for line in text.splitlines(keepends=True))


def test_a_database_dump_is_read_column_by_column(tmp_path: Path) -> None:
    table = build_text(tmp_path, NONCODING + MINUS).transcripts
    noncoding, coding = table.iter_rows(named=True)
    assert noncoding["transcript_id"] == "NR_046018.2"
    assert noncoding["gene_name"] == "DDX11L1"
    assert noncoding["cds_start"] is noncoding["cds_end"] is noncoding["has_utr"] is None
    assert noncoding["cds_start_stat"] == "none"
    assert noncoding["length"] == 354 + 109 + 1189
    assert coding["strand"] == "-"
    assert (coding["cds_start"], coding["cds_end"]) == (67093004, 67103382)
    assert coding["exon_starts"] == [67092164, 67095234, 67096251, 67103237, 67109028]
    assert coding["exon_frames"] == [0, 2, 1, 0, -1]
    assert (coding["mature_cds_start"], coding["mature_cds_end"]) == (44, 44 + 145 + 70 + 187 + 600)
    assert coding["length"] == 44 + 145 + 70 + 187 + 1440
    assert coding["has_utr"] is True
    assert (coding["assembly"], coding["taxon_id"], coding["origin"]) == (
        "hg38",
        9606,
        "annotation",
    )


def test_every_dress_of_a_table_gives_the_same_transcripts(tmp_path: Path) -> None:
    dump = NONCODING + MINUS
    expected = build_text(tmp_path, dump).transcripts
    for text in (
        without_bin(dump),
        "#bin\t" + "\t".join(EXTENDED) + "\n" + dump,
        "#" + "\t".join(EXTENDED) + "\n" + without_bin(dump),
        "\t".join(EXTENDED) + "\r\n" + without_bin(dump).replace("\n", "\r\n"),
    ):
        assert build_text(tmp_path, text).transcripts.equals(expected)


def test_plain_genepred_gets_its_frames_from_the_start_of_the_cds(tmp_path: Path) -> None:
    lines = without_bin(NONCODING + MINUS).splitlines()
    plain = "".join("\t".join(line.split("\t")[:10]) + "\n" for line in lines)
    with_frames = build_text(tmp_path, NONCODING + MINUS).transcripts
    table = build_text(tmp_path, plain).transcripts
    assert table["exon_frames"].equals(with_frames["exon_frames"])
    assert table["cds_start_stat"].to_list() == ["none", "unk"]
    assert table["gene_name"].to_list() == [None, None]


def test_refflat_and_plain_genepred_with_bin(tmp_path: Path) -> None:
    plain, binned, refflat = (
        build_text(tmp_path, text).transcripts for text in (PLAIN_ROWS, BINNED, REFFLAT)
    )
    assert binned.equals(plain)
    assert refflat["gene_name"].to_list() == ["DDX11L1", "C1orf141"]
    assert refflat.drop("gene_name").equals(plain.drop("gene_name"))


def test_a_frame_that_breaks_inside_the_cds_is_kept(tmp_path: Path) -> None:
    slipped = Gene(frames=(0, 0))
    assert Gene().line() != slipped.line()
    table = build_text(tmp_path, slipped.line()).transcripts
    assert table["exon_frames"].to_list() == [[0, 0]]


def test_a_header_without_a_needed_column_is_refused() -> None:
    header = "#" + "\t".join(name for name in PLAIN if name != "exonEnds")
    with pytest.raises(OrthrusError, match="t: line 1: the header lacks exonEnds"):
        parse([Block((f"{header}\nx\n".encode(),))], Format.TABLE_BROWSER, "t")

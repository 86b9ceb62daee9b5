from pathlib import Path

import pytest
from annotation_helpers import build_text, reasons

from orthrus.errors import OrthrusError

NONCODING = "chr1\t10\t100\tT2\t0\t-\t10\t10\t0\t2\t30,50,\t0,40,\n"
CODING = "chr1\t10\t100\tT1\t0\t-\t20\t80\t0\t2\t30,50,\t0,40,\n"


def test_blocks_become_exons_and_frames_follow_the_cds(tmp_path: Path) -> None:
    first, second = build_text(tmp_path, CODING + NONCODING).transcripts.iter_rows(named=True)
    assert (first["exon_starts"], first["exon_ends"]) == ([10, 50], [40, 100])
    assert first["exon_frames"] == [0, 0]  # 80-50 = 30 coding nt before the left exon
    assert (first["cds_start_stat"], first["origin"]) == ("unk", "annotation")
    assert (first["mature_cds_start"], first["mature_cds_end"], first["length"]) == (20, 70, 80)
    assert second["cds_start"] is None
    assert second["exon_frames"] == [-1, -1]


def test_bad_blocks_are_rejected(tmp_path: Path) -> None:
    bad = [
        CODING.replace("T1", "count").replace("\t2\t", "\t3\t"),
        CODING.replace("T1", "lengths").replace("0,40,", "0,"),
        CODING.replace("T1", "number").replace("30,50,", "30,x,"),
        CODING.replace("T1", "reach").replace("30,50,", "30,51,"),
        CODING.replace("T1", "left").replace("0,40,", "1,40,"),
        CODING.replace("T1", "right").replace("30,50,", "30,49,"),
    ]
    made = build_text(tmp_path, CODING + "".join(bad), "max_rejected=1")
    assert reasons(made) == {
        "count": "exon_count",
        "lengths": "exon_lists",
        "number": "coordinate",
        "reach": "exon_range",
        "left": "exon_span",
        "right": "exon_span",
    }


def test_a_file_without_strands_has_no_transcript(tmp_path: Path) -> None:
    text = (CODING + NONCODING).replace("\t-\t", "\t.\t")
    with pytest.raises(OrthrusError, match=r"2 rows: 2 rejected \(strand 2\), 0 excluded"):
        build_text(tmp_path, text, "max_rejected=1")

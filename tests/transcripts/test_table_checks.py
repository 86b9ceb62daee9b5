import polars as pl
import pytest
from transcripts_helpers import Transcript, table

from orthrus.errors import OrthrusError
from orthrus.transcripts.table_checks import check_exons

GOOD = Transcript("good", "c", "+", [(0, 3), (3, 5)], [0, 0], (0, 5))


def test_abutting_exons_pass() -> None:
    check_exons(table([GOOD]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exon_ends": [3]}, "differ in length"),
        ({"exon_frames": [0, 0, 0]}, "differ in length"),
        ({"exon_starts": [], "exon_ends": [], "exon_frames": []}, "differ in length or are empty"),
        ({"exon_starts": [0, None]}, "coordinate is null"),
        ({"strand": "."}, "strand is not"),
        ({"exon_starts": [-1, 3], "length": 6}, "starts before 0"),
        ({"exon_ends": [0, 5], "length": 2}, "an exon is empty"),
        ({"exon_starts": [0, 2], "length": 6}, "overlap or are out of order"),
        ({"exon_frames": [0, 3]}, "frame is not"),
        ({"length": 4}, "length is not the sum"),
        ({"cds_end": None}, "only one of cds_start and cds_end"),
    ],
)
def test_the_first_transcript_at_fault_is_named(changes: dict[str, object], message: str) -> None:
    bad = Transcript("bad", "c", "+", [(0, 3), (3, 5)], [0, 0], (0, 5), extra=changes)
    with pytest.raises(OrthrusError, match=f"^transcript bad: .*{message}"):
        check_exons(pl.concat([table([GOOD]), table([bad])]))

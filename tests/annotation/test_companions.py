from pathlib import Path

import pytest
from annotation_helpers import Gene, build_text

from orthrus.errors import OrthrusError

TEXT = Gene(name="ENST1.2").line() + Gene(name="ENST2.1").line()
OLD = (
    "ENSG1.4\tABC\tprotein_coding\tKNOWN\tENST1.2\tABC-201\tretained_intron\tKNOWN\t-\t-\t-\t2\tx\n"
)
NEW = "ENSG1.4\tABC\tprotein_coding\tENST1.2\tABC-201\tretained_intron\t\t\tCCDS1\t2\tcoding\n"
TAGS = "ENST1.2\tbasic\nENST1.2\tappris_principal_1\nENST1.2\tbasic\nENST9.9\tbasic\n"


@pytest.mark.parametrize("dump", [OLD, NEW])
def test_gene_ids_and_biotypes_of_every_layout(tmp_path: Path, dump: str) -> None:
    table = build_text(tmp_path, TEXT, attributes=dump).transcripts
    assert table["gene_id"].to_list() == ["ENSG1.4", None]
    assert table["biotype"].to_list() == ["retained_intron", None]


def test_tags_are_sorted_and_unique(tmp_path: Path) -> None:
    table = build_text(tmp_path, TEXT, tags=TAGS).transcripts
    assert table["tags"].to_list() == [["appris_principal_1", "basic"], []]


@pytest.mark.parametrize(
    ("companion", "dump", "message"),
    [
        ("attributes", OLD.replace("ENST1.2", "ENST1.3"), "names none of the transcripts"),
        ("attributes", "ENST1.2\n", "names none of the transcripts"),
        ("tags", "ENST9.9\tbasic\n", "names none of the transcripts"),
        ("tags", "ENST1.2\tbasic\nENST1.2\n", "line 2: expected a transcript, a tab and its tag"),
        ("tags", "", "is empty"),
    ],
)
def test_a_companion_that_does_not_fit_is_refused(
    tmp_path: Path, companion: str, dump: str, message: str
) -> None:
    with pytest.raises(OrthrusError, match=message):
        build_text(tmp_path, TEXT, **{companion: dump})

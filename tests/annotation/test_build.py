from pathlib import Path

import pytest
from annotation_helpers import Gene, build_text

from orthrus import schemas
from orthrus.annotation.normalize import SetMetadata
from orthrus.errors import OrthrusError
from orthrus.files import read_json, sha256

TEXT = "".join(
    [
        Gene().line(),
        Gene(name="N", cds=(10, 10)).line(),
        Gene(name="I").line(cdsEndStat="incmpl"),
        Gene(name="A", chrom="chr1_X_alt").line(),
        Gene(name="B").line(exonCount=9),
    ]
)


def test_every_row_is_counted_once(tmp_path: Path) -> None:
    made = build_text(tmp_path, TEXT, "max_rejected=0.2")
    assert made.summary == {
        "annotation_set": "hg38.test",
        "format": "genePredExt",
        "input_rows": 5,
        "kept": 3,
        "excluded": {"contig": 1},
        "rejected": {"exon_count": 1},
        "joined_introns": 0,
        "short_introns": 4,
        "coding": 2,
        "complete": 1,
        "sequence_names": {},
    }


def test_a_published_folder_fulfils_the_contracts_and_repeats_its_bytes(tmp_path: Path) -> None:
    made = build_text(tmp_path, TEXT, "max_rejected=0.2")
    for name in ("one", "two"):
        made.write(tmp_path / name)
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [path.name for path in one] == [
        "excluded.parquet",
        "rejected.parquet",
        "summary.json",
        "transcripts.parquet",
    ]
    assert list(map(sha256, one)) == list(map(sha256, two))
    assert schemas.read_table(one[3], schemas.TRANSCRIPTS).equals(made.transcripts)
    assert schemas.read_table(one[0], schemas.DROPPED).equals(made.excluded)
    assert read_json(one[2]) == made.summary


@pytest.mark.parametrize("name", ["hg38", "hg38.", ".x", "a b.c", "hg38.a/b"])
def test_a_set_name_of_another_form_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OrthrusError, match=r"is not <assembly>\.<annotation>"):
        build_text(tmp_path, TEXT, label=SetMetadata(name, "x"))

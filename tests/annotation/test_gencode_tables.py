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


@pytest.mark.parametrize("listed", ["ENST1", "transcript:ENST1.2", " ENST1.2"])
def test_companions_may_spell_transcripts_otherwise(tmp_path: Path, listed: str) -> None:
    table = build_text(tmp_path, TEXT, tags=f"{listed}\tbasic\n").transcripts
    assert table["tags"].to_list() == [["basic"], []]


def test_how_many_are_named_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build_text(tmp_path, TEXT, tags=TAGS)
    assert "tags.txt: names 1 of 2 transcripts" in capsys.readouterr().err


def test_a_companion_that_names_few_is_refused(tmp_path: Path) -> None:
    text = "".join(Gene(name=f"ENST{n}.1").line() for n in range(10))
    dump = "".join(f"ENST{n}.1\tbasic\n" for n in range(9, 19))
    message = r"tags.txt: names only 1 of the transcripts \(1 of 10, less than annotation.min_match"
    with pytest.raises(OrthrusError, match=message):
        build_text(tmp_path, text, tags=dump)


@pytest.mark.parametrize("gene", ["NM_00000{}.1", "NM_00000{}"])
def test_a_table_without_genes_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], gene: str
) -> None:
    text = "".join(
        f"chr1\tx\texon\t{100 * n}\t{100 * n + 50}\t.\t+\t.\t"
        f'gene_id "{gene.format(n)}"; '
        f'transcript_id "NM_00000{n}.1";\n'
        for n in range(1, 5)
    )
    assert len(build_text(tmp_path, text).transcripts) == 4
    said = capsys.readouterr().err
    assert "the gene_id of 4 of 4 transcripts repeats their transcript_id" in said
    assert "name2" in said


def test_ids_of_wormbase_lose_their_type(tmp_path: Path) -> None:
    text = (
        "##gff-version 3\n"
        "I\tWormBase\tgene\t1\t90\t.\t+\t.\tID=Gene:WBGene00000001;Name=WBGene00000001\n"
        "I\tWormBase\tmRNA\t1\t90\t.\t+\t.\tID=Transcript:Y1A1.3.1;Parent=Gene:WBGene00000001\n"
        "I\tWormBase\texon\t1\t90\t.\t+\t.\tParent=Transcript:Y1A1.3.1\n"
        "I\tWormBase\tpseudogenic_transcript\t101\t190\t.\t+\t.\tID=Pseudogene:Y1A1.4\n"
        "I\tWormBase\texon\t101\t190\t.\t+\t.\tParent=Pseudogene:Y1A1.4\n"
    )
    table = build_text(tmp_path, text).transcripts
    assert table.select("transcript_id", "gene_id").rows() == [
        ("Y1A1.3.1", "WBGene00000001"), ("Y1A1.4", "Y1A1.4"),
    ]  # fmt: skip

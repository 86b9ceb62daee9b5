from pathlib import Path

import polars as pl
import pytest
from annotation_helpers import build_text, reasons

from orthrus.annotation.attributes import is_plain, of_gff3, plain, unescaped
from orthrus.annotation.build import Annotation


def read(folder: Path, *attributes: str) -> Annotation:
    """Read exons of c1, one after the other, that differ in their attributes."""
    lines = [
        f"c1\tx\texon\t{at * 1000 + 1}\t{at * 1000 + 90}\t.\t+\t.\t{text}\n"
        for at, text in enumerate(attributes)
    ]
    return build_text(folder, "".join(lines), "max_rejected=1")


@pytest.mark.parametrize(
    "attributes",
    [
        'gene_id "g1"; transcript_id "t1"; gene_name "ABC";',
        "gene_id g1; transcript_id t1; gene_name ABC;",
        "gene_id g1; transcript_id t1; gene_name ABC",
        "gene_id 'g1'; transcript_id 't1'; gene_name 'ABC';",
        'gene_id "g1";transcript_id "t1";gene_name "ABC";',
        'gene_id "g1" ; transcript_id  "t1" ; gene_name "ABC" ;',
        'gene_id"g1"; transcript_id"t1"; gene_name"ABC";',
        'gene_id g1; transcript_id "t1"; gene_name "ABC";',
        'gene_id "g1"; transcript_id "t1"; gene_name "ABC"; # by hand; gene_id "g2"',
        'gene_id "g1"; transcript_id "t1"; gene_name "ABC" #by hand',
        'note "a; gene_id \\"x\\"; b"; gene_id "g1"; transcript_id "t1"; gene_name "ABC";',
        'note "#1; gene_id g2"; gene_id "g1"; transcript_id "t1"; gene_name "ABC"',
        ' ;; gene_id "g1"; transcript_id "t1"; gene_name "ABC";;',
        'gene_id "g1"; transcript_id "t1" gene_name "ABC"',
        'transcript_id "t1"  gene_id "g1" gene_name "ABC" tag "x";',
        "gene_id 'g1'; transcript_id 't1' gene_name 'ABC';",
        'transcript_id "t1"; note "the dogs\' tail" gene_id "g1"; gene_name "ABC";',
        'other_gene_id "x"; my.gene_name "y"; gene_id "g1"; transcript_id "t1"; gene_name "ABC"',
        'gene_names "x"; gene_id "g1"; transcript_id "t1"; gene_name "ABC"; gene_name "later";',
    ],
)
def test_every_spelling_of_a_gtf_means_the_same(tmp_path: Path, attributes: str) -> None:
    made = read(tmp_path, attributes)
    columns = ("transcript_id", "gene_id", "gene_name")
    assert made.transcripts.select(columns).rows() == [("t1", "g1", "ABC")]
    assert made.summary["format"] == "GTF"


@pytest.mark.parametrize(
    ("attributes", "gene", "name"),
    [
        ('gene_id c1:75000"; transcript_id "iso-a";', "c1:75000", None),
        ('gene_id "c1:75000; transcript_id "iso-a";', "c1:75000", None),
        ('gene_id "g1"; transcript_id "iso-a; gene_name "ABC";', "g1", "ABC"),
        ('gene_id "g1"; transcript_id iso-a"; gene_name ABC";', "g1", "ABC"),
        ('gene_id "g1"; transcript_id "iso-a"; gene_name "ABC', "g1", "ABC"),
    ],
)
def test_a_lost_quote_is_put_back_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], attributes: str, gene: str, name: str | None
) -> None:
    made = read(tmp_path, attributes, 'gene_id "g2"; transcript_id "t2";')
    columns = ("transcript_id", "gene_id", "gene_name")
    assert made.transcripts.select(columns).row(0) == ("iso-a", gene, name)
    assert made.transcripts.select(columns).row(1) == ("t2", "g2", None)
    told = capsys.readouterr().err
    assert "table.txt, line 1: " in told
    assert " is not one text in quotes; it was read as '" in told
    assert told.count("\n") == 1


def test_attributes_without_quotes_are_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = read(tmp_path, *(f"gene_id g; transcript_id t{at}" for at in range(3)))
    assert made.transcripts["transcript_id"].to_list() == ["t0", "t1", "t2"]
    told = capsys.readouterr().err
    assert "line 1: the value of gene_id is not one text in quotes" in told
    assert told.endswith("as were attributes of 2 other lines\n")


@pytest.mark.parametrize(
    "attributes",
    ['gene_id "g1"; transcript_id ;', "gene_id g1", "gene_id=g1;transcript_id=t1"],
)
def test_a_transcript_that_cannot_be_told_is_a_row_of_its_own(
    tmp_path: Path, attributes: str
) -> None:
    made = read(tmp_path, 'gene_id "g1"; transcript_id "t1";', attributes)
    assert made.rejected.select("transcript_id", "reason", "source_row").rows() == [
        (None, "attributes", 2)
    ]


@pytest.mark.parametrize(
    "attributes",
    [
        'gene_id "g1" transcript_id "t1";',
        'gene_id "g1", transcript_id "t1", gene_name "ABC"',
        'transcript_id "t1 gene_id "g1";',
        'gene_id "g1 transcript_id "t1";',
        'gene_id "g1"  transcript_id "t1" gene_name "a b"  tag "x"',
    ],
)
def test_lost_semicolons_are_put_back(tmp_path: Path, attributes: str) -> None:
    row = read(tmp_path, attributes).transcripts.row(0, named=True)
    assert (row["transcript_id"], row["gene_id"]) == ("t1", "g1")


def test_values_are_text_with_any_marks(tmp_path: Path) -> None:
    names = ['gene_name "a; b";', 'gene_name "a \\"b\\" c";', 'gene_name "5\' end";']
    names += ["gene_name 'a \"b\"';", 'gene_name "a\\\\b";', 'gene_name "x" y;']
    texts = [f'gene_id "g"; transcript_id "t{at}"; {name}' for at, name in enumerate(names)]
    symbols = read(tmp_path, *texts).transcripts["gene_name"].to_list()
    assert symbols == ["a; b", 'a "b" c', "5' end", 'a "b"', "a\\b", "x"]


def test_keys_are_whole_words(tmp_path: Path) -> None:
    text = (
        'gene_id "g"; transcript_id "t"; locus_tag "L1"; mytag "no"; tag "yes"; tag "MANE Select"; '
        'my_transcript_support_level "3"; transcript_support_level "2 (assigned before)";'
    )
    assert read(tmp_path, text).transcripts["tags"].to_list() == [["MANE_Select", "tsl2", "yes"]]
    text = 'gene_id "g"; transcript_id "t"; note "tag x; transcript_support_level 1";'
    assert read(tmp_path, text).transcripts["tags"].to_list() == [[]]


def test_a_version_may_lack_its_quotes(tmp_path: Path) -> None:
    text = 'gene_id "ENSG1"; gene_version 3; transcript_id "ENST1"; transcript_version 7;'
    row = read(tmp_path, text).transcripts.row(0, named=True)
    assert (row["transcript_id"], row["gene_id"]) == ("ENST1.7", "ENSG1.3")


def test_ids_that_differ_in_quotes_alone_are_one_transcript(tmp_path: Path) -> None:
    rows = [('"t1"', 101), ("t1", 301), ('t1"', 501)]
    text = "".join(
        f"c1\tx\texon\t{at}\t{at + 90}\t.\t+\t.\tgene_id g1; transcript_id {name};\n"
        for name, at in rows
    )
    made = build_text(tmp_path, text)
    assert made.transcripts["exon_starts"].to_list() == [[100, 300, 500]]
    assert reasons(made) == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a%2cb", "a,b"),
        ("a%2Cb%3b%3D", "a,b;="),
        ("%7E%20x", "~ x"),
        ("caf%C3%A9", "café"),
        ("%e5%90%8d", "名"),
        ("%2541", "%41"),
        ("100%", "100%"),
        ("%zz", "%zz"),
        ("%E9", "%E9"),
        ("plain", "plain"),
        (None, None),
    ],
)
def test_percent_escapes(written: str | None, meant: str | None) -> None:
    frame = pl.DataFrame({"x": [written, "other"]}, schema={"x": pl.String})
    assert frame.select(unescaped(pl.col("x"))).to_series().to_list() == [meant, "other"]


def test_keys_of_gff3_are_whole_words() -> None:
    frame = pl.DataFrame({"attributes": ["locus_tag=a;old_Parent=b;tag=c%2cd; Parent=e"]})
    assert frame.select(of_gff3("tag"), of_gff3("Parent")).row(0) == ("c,d", "e")


def test_plain_attributes_are_known() -> None:
    texts = ['gene_id "g"; level 2; tag "x";', 'a "b"', "", None, 'a "b;c";', "a b;", 'a "b\\"";']
    frame = pl.DataFrame({"attributes": texts}, schema={"attributes": pl.String})
    assert frame.select(is_plain()).to_series().to_list() == [True] * 4 + [False] * 3


def test_nothing_to_rewrite() -> None:
    schema = {"source_row": pl.Int64, "attributes": pl.String}
    lines, doubtful = plain(pl.DataFrame(schema=schema))
    assert (lines.schema, len(lines), len(doubtful)) == (pl.Schema(schema), 0, 0)

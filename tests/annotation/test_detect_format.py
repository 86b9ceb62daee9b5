import pytest
from annotation_helpers import Gene

from orthrus.annotation.detect_format import Format, sniff
from orthrus.annotation.lines import Block
from orthrus.errors import OrthrusError

EXTENDED = Gene().line()
PLAIN = "\t".join(EXTENDED.split("\t")[:10]) + "\n"
GTF = 'chr1\tx\texon\t11\t40\t.\t+\t.\tgene_id "G"; transcript_id "T";\n'
GFF3 = "chr1\tx\texon\t11\t40\t.\t+\t.\tID=e1;Parent=t1\n"
ALONE = "chr1\tx\ttranscript\t11\t40\t.\t+\t.\tg1.t1\n"
BED = "chr1\t10\t100\tT1\t0\t+\t10\t100\t0\t1\t90,\t0,\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN, Format.GENEPRED),
        (EXTENDED, Format.GENEPRED_EXT),
        ("585\t" + EXTENDED, Format.GENEPRED_EXT_BIN),
        ("585\t" + PLAIN, Format.GENEPRED_BIN),
        ("GENE1\t" + PLAIN, Format.REFFLAT),
        ("#bin\tname\n585\t" + EXTENDED, Format.TABLE_BROWSER),
        ("#name\tchrom\n" + PLAIN, Format.TABLE_BROWSER),
        ("##description: x\n#!y\n" + GTF, Format.GTF),
        ("##gff-version 3\n" + GFF3, Format.GFF3),
        ("track name=x\n" + BED, Format.BED12),
        ("nonsense\n\n" + BED, Format.BED12),
        (BED.replace("+", "."), Format.BED12),
        (ALONE.replace(".t1", "").replace("transcript", "gene") + ALONE + GTF, Format.GTF),
        ("# start gene g1\n" + ALONE, Format.GTF),
        (GTF.replace('"', ""), Format.GTF),
        (GTF.replace('"', "'"), Format.GTF),
        (GTF.replace(' "', '"'), Format.GTF),
        (GTF.replace('"G"', 'G"'), Format.GTF),
        (GFF3.replace("Parent=t1", 'Note=the "best" one'), Format.GFF3),
        (GFF3.replace("ID=", " ID = "), Format.GFF3),
        (GFF3.replace("ID=e1;Parent=t1", ".") + GFF3, Format.GFF3),
        (PLAIN.strip() + "\tP12345\tuc001.1\n", Format.KNOWN_GENE),
        (PLAIN.strip() + "\t\tuc001.1\n", Format.KNOWN_GENE),
        (BED.strip() + "\tn\tnone\tnone\t-1,\tt\tG\tS\t\n", Format.BIG_GENEPRED),
        ("   \n \t \n" + BED, Format.BED12),
        ("browser position chr1:1-2\ntrack name=x\n" + GTF, Format.GTF),
    ],
)
def test_formats_are_told_by_content(text: str, expected: Format) -> None:
    assert sniff(iter([Block((text.encode(),))]), "t")[0] is expected


@pytest.mark.parametrize("text", ["hello\n", "a\tb\tc\n", "# only a comment\n", "\x00\xff\x80"])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(OrthrusError, match=r"t.txt: is no gene table") as error:
        sniff(iter([Block((text.encode("latin-1"),))]), "t.txt")
    assert "\n" not in str(error.value)

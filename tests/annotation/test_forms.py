"""Forms of gene tables beside the plain ones: knownGene, bigGenePred, marks and lines of others."""

import codecs
import gzip
from pathlib import Path

import polars as pl
import pytest
from annotation_helpers import Gene, build_text, genes, reasons
from annotation_samples import SAMPLES
from custom_helpers import bgzip
from hypothesis import HealthCheck, given, settings

from orthrus.annotation.build import Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config import settings as chosen
from orthrus.config.annotation import AnnotationSettings
from orthrus.errors import OrthrusError

GENE = Gene(strand="-")
NAMES = ("gene_id", "gene_name", "biotype")


def known_gene(gene: Gene, protein: str = "P12345", alignment: str = "uc001aaa.3") -> str:
    return "\t".join([*gene.line().split("\t")[:10], protein, alignment]) + "\n"


def big_genepred(
    gene: Gene, names: tuple[str, str, str] = ("G1", "ABC", ""), kind: str = "mRNA"
) -> str:
    fields = gene.line().rstrip("\n").split("\t")
    start = gene.exons[0][0]
    sizes, offsets = zip(*((end - first, first - start) for first, end in gene.exons), strict=True)
    bed = [gene.chrom, fields[3], fields[4], gene.name, "0", gene.strand, fields[5], fields[6], "0"]
    blocks = [fields[7], *("".join(f"{value}," for value in part) for part in (sizes, offsets))]
    return "\t".join([*bed, *blocks, "other", *fields[12:15], kind, *names]) + "\n"


@pytest.mark.parametrize("protein", ["P12345", ""])
@pytest.mark.parametrize("alignment", ["uc001aaa.3", ""])
def test_known_gene_is_genepred_without_frames(
    tmp_path: Path, protein: str, alignment: str
) -> None:
    made = build_text(tmp_path, known_gene(GENE, protein, alignment))
    plain = build_text(tmp_path, "\t".join(GENE.line().split("\t")[:10]) + "\n")
    assert made.summary["format"] == "knownGene"
    assert made.transcripts.equals(plain.transcripts)


def test_lines_of_known_gene_with_other_fields_are_rejected(tmp_path: Path) -> None:
    bad = known_gene(Gene(name="bad")).replace("\tP12345", "")
    made = build_text(tmp_path, known_gene(GENE) + bad, "max_rejected=1")
    assert reasons(made) == {"bad": "columns"}


@given(gene=genes())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_big_genepred_holds_what_genepred_does(tmp_path: Path, gene: Gene) -> None:
    made = build_text(tmp_path, big_genepred(gene), "excluded_contigs=[]")
    extended = build_text(tmp_path, gene.line(), "excluded_contigs=[]")
    assert made.summary["format"] == "bigGenePred"
    assert made.transcripts.drop(NAMES).equals(extended.transcripts.drop(NAMES))
    assert made.transcripts.select(NAMES).row(0) == ("G1", "ABC", "mRNA")


@pytest.mark.parametrize(
    ("names", "kind", "expected"),
    [
        (("G1", "ABC", "coding"), "mRNA", ("G1", "ABC", "mRNA")),
        (("T1.1", "ABC", "none"), "none", (None, "ABC", None)),
        (("T1.1", "", ""), "", (None, "other", None)),
        (("none", "none", "(null)"), "(null)", (None, "other", None)),
    ],
)
def test_names_of_big_genepred(
    tmp_path: Path, names: tuple[str, str, str], kind: str, expected: tuple[str | None, ...]
) -> None:
    made = build_text(tmp_path, big_genepred(GENE, names, kind))
    assert made.transcripts.select(NAMES).row(0) == expected


def same_but_for(folder: Path, layout: str, data: bytes) -> None:
    """Make sure that a changed sample holds what the sample itself holds."""
    label = SetMetadata("hg38.toga_x" if layout.startswith("TOGA") else "hg38.x", "x")
    made = []
    for name, content in (("plain", SAMPLES[layout].encode()), ("changed", data)):
        (folder / name).write_bytes(content)
        settings_ = chosen(AnnotationSettings, ["max_rejected=1"])
        made.append(build(Files(folder / name), label, settings_))
    assert made[0].transcripts.equals(made[1].transcripts)
    dropped = [pl.concat([one.rejected, one.excluded]).drop("source_row") for one in made]
    assert dropped[0].equals(dropped[1])


@pytest.mark.parametrize("layout", SAMPLES)
@pytest.mark.parametrize("pack", [bytes, lambda data: gzip.compress(data, mtime=0), bgzip])
def test_a_byte_order_mark_is_no_text(tmp_path: Path, layout: str, pack: object) -> None:
    assert callable(pack)
    same_but_for(tmp_path, layout, pack(codecs.BOM_UTF8 + SAMPLES[layout].encode()))


@pytest.mark.parametrize("layout", SAMPLES)
@pytest.mark.parametrize("blank", ["   \n", " \t \n", "\t\t\n", "\n", "  \r\n"])
def test_lines_of_blanks_are_no_rows(tmp_path: Path, layout: str, blank: str) -> None:
    lines = SAMPLES[layout].splitlines(keepends=True)
    same_but_for(tmp_path, layout, (blank + blank.join(lines) + blank).encode())


@pytest.mark.parametrize("layout", [name for name in SAMPLES if name != "Table Browser"])
def test_lines_for_a_browser_are_no_rows(tmp_path: Path, layout: str) -> None:
    told = 'browser position chr1:1-2\ntrack name="x" description="a b"\n'
    same_but_for(tmp_path, layout, (told + SAMPLES[layout] + "track name=y\n").encode())


@pytest.mark.parametrize(
    ("feature", "told"),
    [
        ("cDNA_match", "alignments (cDNA_match)"),
        ("match", "alignments (match, match_part)"),
        ("protein_match", "alignments (match_part, protein_match)"),
    ],
)
@pytest.mark.parametrize("more", ["", "c1\tx\tregion\t1\t900\t.\t+\t.\tID=c1\n"])
def test_alignments_are_named_as_such(tmp_path: Path, feature: str, told: str, more: str) -> None:
    text = more + f"c1\tx\t{feature}\t101\t400\t.\t+\t.\tID=a1;Target=NM_1 1 300 +\n"
    if feature != "cDNA_match":
        text += "c1\tx\tmatch_part\t101\t400\t.\t+\t.\tParent=a1\n"
    with pytest.raises(OrthrusError) as caught:
        build_text(tmp_path, text)
    assert f"table.txt: holds {told}, no gene models" in str(caught.value)


def test_every_known_format_is_named_where_none_fits(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError) as caught:
        build_text(tmp_path, "a\tb\n")
    for name in ("genePred", "refFlat", "knownGene", "GTF", "GFF3", "BED12", "bigGenePred"):
        assert name in str(caught.value)

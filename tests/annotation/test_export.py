"""What is written as genePred, GTF and BED12 reads back as the same transcripts."""

from __future__ import annotations

import gzip
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from annotation_helpers import LABEL, Gene, build_text, genes, mature_cds_by_walking
from hypothesis import given
from hypothesis import strategies as st

from orthrus import schemas
from orthrus.__main__ import main
from orthrus.annotation.build import GENEPRED, Files, build
from orthrus.annotation.export import WRITERS, export
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.annotation import AnnotationSettings, TogaSettings

UCSC = "mirror/hgdownload.soe.ucsc.edu/goldenPath"
GENCODE = "mirror/ftp.ebi.ac.uk/pub/databases/gencode"
TOGA = "mirror/genome.senckenberg.de/download/TOGA/human_hg38_reference"
PLACE = ("transcript_id", "chrom", "strand", "tx_start", "tx_end", "cds_start", "cds_end")
EXONS = ("exon_starts", "exon_ends", "exon_frames", "length")
MATURE = ("mature_cds_start", "mature_cds_end", "has_utr")
STATS = ("cds_start_stat", "cds_end_stat")
HELD = {
    "genepred": (*PLACE, *EXONS, *MATURE, *STATS),
    "gtf": (*PLACE, *EXONS, *MATURE, *STATS, "gene_id", "gene_name", "biotype", "tags"),
    "bed12": (*PLACE, "exon_starts", "exon_ends", "length", *MATURE),
}
EVERY = AnnotationSettings(excluded_contigs=(), toga=TogaSettings(fragments="exclude"))


def assert_round_trip(folder: Path, table: pl.DataFrame, form: str) -> None:
    path = folder / f"t.{form}.gz"
    export(table, form, path)
    name = table["annotation_set"][0]
    back = build(Files(path), SetMetadata(name, "x"), EVERY)
    assert back.rejected.is_empty()
    assert back.excluded.is_empty()
    held = list(HELD[form])
    # GTF marks what has no start or stop codon as incomplete, whatever it was.
    wanted = table.with_columns(
        pl.col(STATS).replace("unk", "incmpl") if form == "gtf" else pl.col(STATS)
    )
    assert back.transcripts.select(held).equals(wanted.select(held))
    if form == "genepred":
        gene = pl.coalesce("gene_name", "gene_id")
        assert back.transcripts["gene_name"].equals(table.select(gene).to_series())


# Made-up transcripts.


@st.composite
def rows(draw: st.DrawFn) -> str:
    """Draw genePredExt lines: frames that break, marks of any kind, wide names."""
    lines = []
    for number, gene in enumerate(draw(st.lists(genes(), min_size=1, max_size=4))):
        place = mature_cds_by_walking(gene)
        changes: dict[str, object] = {"name2": draw(st.sampled_from(["", "G; 1", "x'y", "ab#"]))}
        if place:
            long = place[1] - place[0] > 2
            marks = st.sampled_from(["cmpl", "incmpl"] if long else ["incmpl"])
            changes |= {"cdsStartStat": draw(marks), "cdsEndStat": draw(marks)}
            if draw(st.booleans()):
                text = gene.line().split("\t")[-1].strip().strip(",").split(",")
                frames = [
                    int(frame) if frame == "-1" else draw(st.integers(0, 2)) for frame in text
                ]
                changes["exonFrames"] = "".join(f"{frame}," for frame in frames)
        lines.append(replace(gene, name=f"T{number}.1").line(**changes))
    return "".join(lines)


@pytest.mark.parametrize("form", WRITERS)
@given(text=rows())
def test_made_up_transcripts(
    tmp_path_factory: pytest.TempPathFactory, form: str, text: str
) -> None:
    folder = tmp_path_factory.mktemp("case")
    assert_round_trip(folder, build_text(folder, text).transcripts, form)


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize("cds", [(20, 52), (20, 51), (20, 53), (39, 52), (20, 80), (10, 100)])
def test_codons_over_junctions(
    tmp_path: Path, form: str, strand: str, cds: tuple[int, int]
) -> None:
    gene = Gene(strand=strand, cds=cds)
    abutting = replace(gene, name="T2", exons=((10, 40), (40, 45), (50, 100)))
    coding = build_text(tmp_path, gene.line() + abutting.line()).transcripts
    assert_round_trip(tmp_path, coding, form)


def test_gtf_by_eye(tmp_path: Path) -> None:
    table = build_text(tmp_path, Gene(cds=(20, 52)).line()).transcripts
    export(table, "gtf", tmp_path / "t.gtf")
    fields = [line.split("\t") for line in (tmp_path / "t.gtf").read_text().splitlines()]
    assert [(line[2], *line[3:5], line[7]) for line in fields] == [
        ("transcript", "11", "100", "."),
        ("exon", "11", "40", "."),
        ("exon", "51", "100", "."),
        ("CDS", "21", "39", "0"),
        ("start_codon", "21", "23", "0"),
        ("stop_codon", "40", "40", "2"),
        ("stop_codon", "51", "52", "1"),
    ]
    assert fields[0][8] == 'gene_id ""; transcript_id "T1.1"; gene_name "GENE1";'


def test_names_are_escaped(tmp_path: Path) -> None:
    table = build_text(tmp_path, Gene().line()).transcripts
    odd = table.with_columns(gene_name=pl.lit('a\t"b"\n'), tags=pl.lit(['x"y']), chrom=pl.lit("#c"))
    for form, expected in {
        "gtf": 'gene_name "a%09%22b%22%0A"; tag "x%22y";',
        "genepred": '\t0\ta%09"b"%0A\t',
        "bed12": "%23c\t10\t100\tT1.1\t0\t+\t20\t80\t0\t2\t30,50,\t0,40,\n",
    }.items():
        export(odd, form, tmp_path / form)
        assert expected in (tmp_path / form).read_text()


# Real tables.

DUMPS = [
    *("hg38/ncbiRefSeq", "hg38/wgEncodeGencodeBasicV43", "hg38/wgEncodeGencodeCompV43"),
    *("mm10/ncbiRefSeq", "mm10/wgEncodeGencodeBasicVM23", "rn6/ncbiRefSeq", "canFam4/ncbiRefSeq"),
    *("bosTau9/ncbiRefSeq", "galGal6/ncbiRefSeq", "ce11/ncbiRefSeq", "dm6/ncbiRefSeq"),
]
FILES = [f"{UCSC}/{dump.replace('/', '/database/')}.txt.gz" for dump in DUMPS] + [
    f"{GENCODE}/Gencode_human/release_43/gencode.v43.annotation.gtf.gz",
    f"{GENCODE}/Gencode_mouse/release_M23/gencode.vM23.annotation.gtf.gz",
    "tables/ucsc/hg38.ncbiRefSeq.txt.gz",
    "tables/ucsc/mm10.ncbiRefSeq.txt.gz",
]


@pytest.mark.parametrize("source", FILES)
def test_real_tables(real_data: Path, tmp_path: Path, source: str) -> None:
    table = build(Files(real_data / source), SetMetadata("x.y", "x"), EVERY).transcripts
    for form in WRITERS:
        assert_round_trip(tmp_path, table, form)


@pytest.mark.parametrize("query", ["mm10", "canFam3", "bosTau8", "rheMac3", "galGal4", "monDom5"])
def test_real_projections(real_data: Path, tmp_path: Path, query: str) -> None:
    (source,) = (real_data / TOGA).glob(f"*/*__{query}/geneAnnotation.bed.gz")
    table = build(Files(source), SetMetadata(f"{query}.toga_hg38", "x"), EVERY).transcripts
    table = table.with_columns(annotation_set=pl.lit("x.y"))
    for form in WRITERS:
        assert_round_trip(tmp_path, table, form)


# The command.


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["orthrus", "annotation", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "t.txt").write_text(Gene().line())
    named = ("--annotation-set", LABEL.annotation_set, "--species", "x")
    assert run(monkeypatch, "build", tmp_path / "t.txt", *named, "-o", tmp_path / "set") == 0
    line = Gene().line()
    packed = (tmp_path / "set" / GENEPRED).read_bytes()
    assert gzip.decompress(packed).decode() == line
    assert packed[4:8] == bytes(4)  # no time stamp
    capsysbinary.readouterr()
    table = tmp_path / "set/transcripts.parquet"
    for words in ((), ("-o", "-")):
        assert run(monkeypatch, "export", table, "--format", "genepred", *words) == 0
        assert capsysbinary.readouterr() == (line.encode(), b"")
    out = tmp_path / "out.bed.gz"
    assert run(monkeypatch, "export", table, "--format", "bed12", "-o", out) == 0
    assert capsysbinary.readouterr().err == f"{out}: 1 transcripts\n".encode()
    assert gzip.decompress(out.read_bytes()).startswith(b"chr1\t10\t100\tT1.1\t")


def test_a_mistake_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--format", "gtf", "-o", tmp_path / "o.gtf")
    assert run(monkeypatch, "export", tmp_path / "none.parquet", *words) == 2
    assert "none.parquet: cannot be read" in capsys.readouterr().err
    schemas.write_table(schemas.DROPPED.empty(), tmp_path / "d.parquet", schemas.DROPPED)
    assert run(monkeypatch, "export", tmp_path / "d.parquet", *words) == 2
    assert "d.parquet: table transcripts: missing columns" in capsys.readouterr().err
    assert not (tmp_path / "o.gtf").exists()

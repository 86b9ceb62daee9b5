"""The real tables: what their description counts, and GTF against genePred."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from orthrus.annotation.build import Annotation, Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.annotation import AnnotationSettings

UCSC = "mirror/hgdownload.soe.ucsc.edu/goldenPath"
GENCODE = "mirror/ftp.ebi.ac.uk/pub/databases/gencode"
TOGA = "mirror/genome.senckenberg.de/download/TOGA/human_hg38_reference"
Builder = Callable[..., Annotation]


@pytest.fixture
def made(real_data: Path) -> Builder:
    """Build a set from paths below the data folder."""

    def build_real(annotation_set: str, **files: str) -> Annotation:
        paths = {name: real_data / path for name, path in files.items()}
        return build(Files(**paths), SetMetadata(annotation_set, "x"), AnnotationSettings())

    return build_real


@pytest.mark.parametrize(
    ("db", "table", "rows", "coding", "complete"),
    [
        ("hg38", "ncbiRefSeq", 330, 230, 230),
        ("hg38", "wgEncodeGencodeBasicV43", 44, 23, 23),
        ("hg38", "wgEncodeGencodeCompV43", 105, 41, 30),
        ("mm10", "ncbiRefSeq", 47, 37, 37),
        ("mm10", "wgEncodeGencodeBasicVM23", 41, 29, 6),
        ("rn6", "ncbiRefSeq", 3, 3, 3),
        ("canFam4", "ncbiRefSeq", 9, 9, 9),
        ("bosTau9", "ncbiRefSeq", 8, 8, 8),
        ("galGal6", "ncbiRefSeq", 5, 5, 5),
        ("ce11", "ncbiRefSeq", 295, 295, 295),
        ("dm6", "ncbiRefSeq", 235, 235, 235),
    ],
)
def test_trimmed_tables(
    made: Builder, db: str, table: str, rows: int, coding: int, complete: int
) -> None:
    summary = made(
        f"{db}.{table}",
        table=f"{UCSC}/{db}/database/{table}.txt.gz",
        chrom_sizes=f"{UCSC}/{db}/bigZips/{db}.chrom.sizes",
    ).summary
    counts = tuple(summary[name] for name in ("input_rows", "kept", "coding", "complete"))
    assert counts == (rows, rows, coding, complete)


@pytest.mark.parametrize(
    ("gtf", "table"),
    [
        ("Gencode_human/release_43/gencode.v43.annotation", "hg38/database/wgEncodeGencodeCompV43"),
        (
            "Gencode_human/release_43/gencode.v43.basic.annotation",
            "hg38/database/wgEncodeGencodeBasicV43",
        ),
        (
            "Gencode_mouse/release_M23/gencode.vM23.basic.annotation",
            "mm10/database/wgEncodeGencodeBasicVM23",
        ),
    ],
)
def test_gtf_and_genepred_of_the_same_transcripts_are_identical(
    made: Builder, gtf: str, table: str
) -> None:
    of_gtf = made("x.y", table=f"{GENCODE}/{gtf}.gtf.gz").transcripts
    of_genepred = made("x.y", table=f"{UCSC}/{table}.txt.gz").transcripts
    only_in_gtf = ("gene_id", "biotype", "tags")
    one, other = (table.drop(only_in_gtf).sort("transcript_id") for table in (of_gtf, of_genepred))
    assert one.equals(other)
    assert of_gtf["gene_id"].null_count() == 0


@pytest.mark.parametrize(
    ("query", "db", "classes", "orthology"),
    [
        ("Rodentia/Mus_musculus__house_mouse", "mm10", {"I": 13, "UL": 1}, "one2one"),
        ("Carnivora/Canis_lupus_familiaris__dog", "canFam3", {"I": 14}, "one2one"),
        ("Ruminantia/Bos_taurus__cow", "bosTau8", {"I": 13, "UL": 1}, "one2one"),
        (
            "Primates/Macaca_mulatta__Rhesus_monkey",
            "rheMac3",
            {"I": 12, "PI": 1, "UL": 1},
            "one2one",
        ),
        ("Rodentia/Rattus_norvegicus__Norway_rat", "rn6", {"I": 4}, "one2one"),
        ("Galliformes/Gallus_gallus__chicken", "galGal4", {"PG": 12}, "one2zero"),
        (
            "Metatheria/Monodelphis_domestica__gray_short-tailed_opossum",
            "monDom5",
            {"PG": 18},
            "one2zero",
        ),
    ],
)
def test_projections(
    made: Builder, query: str, db: str, classes: dict[str, int], orthology: str
) -> None:
    folder = f"{TOGA}/{query}__{db}"
    annotation = made(
        f"{db}.toga_hg38",
        table=f"{folder}/geneAnnotation.bed.gz",
        orthology=f"{folder}/orthologsClassification.tsv.gz",
        loss=f"{folder}/loss_summ_data.tsv.gz",
        chrom_sizes=f"{UCSC}/{db}/bigZips/{db}.chrom.sizes",
    )
    table = annotation.transcripts
    assert len(table) == annotation.summary["input_rows"] == sum(classes.values())
    assert annotation.summary["sequence_names"]["unmatched_share"] == 0
    assert dict(table["loss_class"].value_counts().iter_rows()) == classes
    assert table["orthology_class"].mode().to_list() == [orthology]
    assert table["gene_name"].null_count() == 0
    assert table["reference_transcript"].str.starts_with("NM_").all()
    assert table["chain"].null_count() == 0
    assert not table["has_utr"].any()


@pytest.mark.parametrize(
    ("db", "rows", "repeated", "excluded", "short"),
    [
        ("hg38", 196_097, 5_866, {"contig": 18_658, "par_copy": 93}, 747),
        ("mm10", 123_667, 2_390, {"contig": 4_219, "par_copy": 1}, 154),
    ],
)
def test_complete_tables_are_accounted_for(
    made: Builder, db: str, rows: int, repeated: int, excluded: dict[str, int], short: int
) -> None:
    annotation = made(f"{db}.ncbirefseq", table=f"tables/ucsc/{db}.ncbiRefSeq.txt.gz")
    tables = (annotation.transcripts, annotation.excluded, annotation.rejected)
    assert sum(map(len, tables)) == annotation.summary["input_rows"] == rows
    assert annotation.summary["excluded"] == excluded
    assert annotation.summary["short_introns"] == short
    assert annotation.rejected.is_empty()
    names = pl.concat([table["transcript_id"] for table in tables])
    assert (names.value_counts()["count"] > 1).sum() == repeated
    assert annotation.transcripts["transcript_id"].is_unique().all()


def test_indel_introns_are_joined_and_counted(real_data: Path) -> None:
    def introns(min_intron: int) -> tuple[pl.Series, int]:
        made = build(
            Files(real_data / "tables/ucsc/hg38.ncbiRefSeq.txt.gz"),
            SetMetadata("hg38.ncbirefseq", "x"),
            AnnotationSettings(min_intron=min_intron),
        )
        lefts, rights = pl.col("exon_ends"), pl.col("exon_starts")
        between = rights.list.slice(1) - lefts.list.head(lefts.list.len() - 1)
        lengths = made.transcripts.select(between.list.explode()).to_series().drop_nulls()
        return lengths, made.summary["joined_introns"]

    published, none = introns(0)
    left, joined = introns(20)
    # Three pairs of exons touch where ribosomes slip: no introns.
    assert (none, joined) == (0, 85)
    assert left.filter(left < 20).to_list() == [0, 0, 0]
    assert left.filter(left >= 20).sort().equals(published.filter(published >= 20).sort())
    assert len(published) - len(left) == joined

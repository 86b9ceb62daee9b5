"""Gene tables of every format, and the files that go with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from annotation_helpers import Gene
from fuzz_helpers import attempt, damaged_text, filled_lines, fuzzing
from fuzz_helpers import given as written
from hypothesis import given
from hypothesis import strategies as st

from orthrus.annotation import aliases
from orthrus.annotation.bounds import read_sizes
from orthrus.annotation.build import Annotation, Files, build
from orthrus.annotation.normal import Label
from orthrus.config.annotation import AnnotationSettings, TogaSettings

# hg38 ncbiRefSeq, first non-coding and first coding minus-strand row with a non-coding 5' exon.
NONCODING = (
    "585\tNR_046018.2\tchr1\t+\t11873\t14409\t14409\t14409\t3\t11873,12612,13220,\t"
    "12227,12721,14409,\t0\tDDX11L1\tnone\tnone\t-1,-1,-1,\n"
)
MINUS = (
    "0\tXM_011541469.2\tchr1\t-\t67092164\t67109072\t67093004\t67103382\t5\t"
    "67092164,67095234,67096251,67103237,67109028,\t67093604,67095421,67096321,67103382,67109072,"
    "\t0\tC1orf141\tcmpl\tcmpl\t0,2,1,0,-1,\n"
)
EXTENDED = "".join(row.partition("\t")[2] for row in (NONCODING, MINUS))
PLAIN = "".join("\t".join(row.split("\t")[:10]) + "\n" for row in EXTENDED.splitlines())
# C9orf66 of Ensembl 91, in GENCODE's layout.
_GENCODE = (
    ("transcript", 212824, 215741, "."),
    ("exon", 212824, 215741, "."),
    ("CDS", 214512, 215396, "0"),
    ("start_codon", 215394, 215396, "0"),
    ("stop_codon", 214509, 214511, "0"),
)
_NAMES = (
    'gene_id "ENSG00000183784.6"; transcript_id "ENST00000382387.3"; gene_type "protein_coding"; '
    'gene_name "C9orf66"; transcript_type "protein_coding"; tag "CCDS"; tag "basic";'
)
# BRCA1 as NCBI writes it, shortened to two exons.
_NCBI = (
    ("gene", 43044295, 43045802, ".", "ID=gene-BRCA1;Name=BRCA1;gene=BRCA1"),
    ("mRNA", 43044295, 43045802, ".",
     "ID=rna-NM_007294.4;Parent=gene-BRCA1;gene=BRCA1;transcript_id=NM_007294.4"),
    ("exon", 43045678, 43045802, ".", "ID=exon-1;Parent=rna-NM_007294.4"),
    ("exon", 43044295, 43044394, ".", "ID=exon-2;Parent=rna-NM_007294.4"),
    ("CDS", 43045678, 43045802, "1", "ID=cds-NP_009225.1;Parent=rna-NM_007294.4"),
)  # fmt: skip
PROJECTION = (
    "chr1\t10\t100\tENST00000367064.CD55.8\t1000\t+\t10\t100\t0,0,200\t2\t30,50,\t0,40,\n"
    "PVKX01003706\t10\t100\tENST00000568641.AC055839.2.7\t0\t-\t10\t100\t0\t2\t30,50,\t0,40,\n"
)
GTF = "".join(
    f"chr9\tHAVANA\t{feature}\t{first}\t{last}\t.\t-\t{phase}\t{_NAMES}\n"
    for feature, first, last, phase in _GENCODE
)
GFF3 = "".join(
    f"NC_000017.11\tBestRefSeq\t{feature}\t{first}\t{last}\t.\t-\t{phase}\t{attributes}\n"
    for feature, first, last, phase, attributes in _NCBI
)
SAMPLES = {
    "Table Browser": NONCODING + MINUS,
    "genePredExt": EXTENDED,
    "genePred": PLAIN,
    "BED12": PROJECTION.replace("ENST", "T"),
    "TOGA BED12": PROJECTION,
    "GTF": GTF + GTF.replace("ENST", "ENSR"),
    "GFF3": "##gff-version 3\n" + GFF3 + GFF3.replace("BRCA1", "COPY").replace("NM_", "NR_"),
}
OF_FEATURES = ("GTF", "GFF3")
"""Formats in which a row is not a line."""


def read(folder: Path, layout: str, data: bytes, **files: Path) -> Annotation | None:
    """Build an annotation set; return it, or None where it was refused.

    Every row is kept, excluded or rejected; where a line is a row, this is checked by counting.
    """
    path = written(folder, "table", data)
    name = "hg38.toga_x" if layout.startswith("TOGA") else "hg38.x"
    chosen = AnnotationSettings(max_rejected=1, toga=TogaSettings(fragments="merge"))
    who = f"annotation: {next(iter(files), layout)}"
    made = attempt(who, folder, lambda: build(Files(path, **files), Label(name, "x"), chosen))
    if made is None:
        return None
    parts = (made.transcripts, made.excluded, made.rejected)
    assert made.summary["input_rows"] == sum(map(len, parts))
    lines = filled_lines(data)
    assert lines is not None
    if layout in OF_FEATURES:
        named = {name for part in parts for name in part["transcript_id"]}
        assert named.issuperset(_named(layout, lines))
    else:
        assert made.summary["input_rows"] == len(lines)
    return made


def _named(layout: str, lines: list[str]) -> set[str]:
    """Return the transcripts that are named by lines of undamaged form."""
    feature, attribute = {
        "GTF": ("exon", r'transcript_id "([\w.]+)"; '),
        "GFF3": ("mRNA", r"ID=rna-.*;transcript_id=([\w.]+)$"),
    }[layout]
    form = re.compile(rf"[\w.]+\t\w+\t{feature}\t\d{{1,9}}\t\d{{1,9}}\t\.\t-\t\.\t.*?{attribute}.*")
    return {found[1] for line in lines if (found := form.fullmatch(line))}


@pytest.mark.parametrize("layout", SAMPLES)
def test_sound_samples_are_kept_whole(tmp_path: Path, layout: str) -> None:
    made = read(tmp_path, layout, SAMPLES[layout].encode())
    assert made is not None
    assert made.rejected.is_empty()
    assert len(made.transcripts) == made.summary["input_rows"] > 0


@pytest.mark.parametrize("layout", SAMPLES)
@fuzzing
@given(data=st.data())
def test_a_damaged_gene_table(tmp_path: Path, layout: str, data: st.DataObject) -> None:
    read(tmp_path, layout, data.draw(damaged_text(SAMPLES[layout])))


COMPANIONS = {
    "attributes": "ENSG1.4\tABC\tcoding\tKNOWN\tXM_011541469.2\tABC-201\tmRNA\n"
    "ENSG2.1\tDDX11L1\tlnc\tKNOWN\tNR_046018.2\tDDX11L1-201\tlncRNA\n",
    "tags": "XM_011541469.2\tbasic\nNR_046018.2\tbasic\n",
    "loss": "PROJECTION\tENST00000367064.CD55.8\tI\nTRANSCRIPT\tENST00000367064.CD55\tI\n"
    "GENE\tENSG00000196352\tI\n",
    "orthology": "ENSG1\tENST00000367064.CD55\treg_1\tENST00000367064.CD55.8\tone2one\n"
    "ENSG2\tENST00000568641.AC055839.2\tNone\tNone\tone2zero\n",
    "chrom_sizes": "chr1\t248956422\nPVKX01003706.1\t500\n",
    "aliases": '{"genbankAccession":"CM000663.2","chrName":"1","role":"assembled-molecule"}\n'
    '{"sequence_name":"2","length":100}\n',
}


@pytest.mark.parametrize("companion", COMPANIONS)
@fuzzing
@given(data=st.data())
def test_a_damaged_companion(tmp_path: Path, companion: str, data: st.DataObject) -> None:
    layout = "TOGA BED12" if companion in ("loss", "orthology") else "Table Browser"
    path = written(tmp_path, companion, data.draw(damaged_text(COMPANIONS[companion])))
    made = read(tmp_path, layout, SAMPLES[layout].encode(), **{companion: path})
    assert made is None or len(made.transcripts)


REPORT_HEADER = (
    "# Sequence-Name\tSequence-Role\tAssigned-Molecule\tAssigned-Molecule-Location/Type\t"
    "GenBank-Accn\tRelationship\tRefSeq-Accn\tAssembly-Unit\tSequence-Length\tUCSC-style-name\n"
)
ALIASES = {
    "chromAlias": "1\tchr1\tensembl\nNC_000001.11\tchr1\trefseq\nMT\tchrM\tensembl\n",
    "assembly_report": REPORT_HEADER
    + "1\tassembled-molecule\t1\tChromosome\tCM000663.2\t=\tNC_000001.11\tPrimary Assembly\t"
    "248956422\tchr1\n"
    "scaffold_1\tunplaced-scaffold\tna\tna\tPVKX01003706.1\t<>\tna\tPrimary Assembly\t2400000"
    "\tna\n",
    "sequence_report": '{"assemblyAccession":"GCA_004027335.1","genbankAccession":"PVKX01003706.1",'
    '"length":2400000,"role":"unplaced-scaffold"}\n'
    '{"genbankAccession":"PVKX01003707.1","length":7}\n',
}


@pytest.mark.parametrize("form", ALIASES)
@fuzzing
@given(data=st.data())
def test_damaged_names_of_sequences(tmp_path: Path, form: str, data: st.DataObject) -> None:
    separator = data.draw(st.sampled_from([",", ":"])) if form == "sequence_report" else "\t"
    drawn = data.draw(damaged_text(ALIASES[form], separator))
    path = written(tmp_path, "aliases", drawn)
    found = attempt(f"annotation: {form}", path, lambda: aliases.read(path))
    if found is not None:
        lines = filled_lines(drawn)
        assert lines is not None
        assert len(found) == len([line for line in lines if line.strip()])
        assert all(entry.names for entry in found)


@fuzzing
@given(drawn=damaged_text(COMPANIONS["chrom_sizes"]))
def test_damaged_sizes(tmp_path: Path, drawn: bytes) -> None:
    path = written(tmp_path, "sizes", drawn)
    found = attempt("annotation: chrom.sizes", path, lambda: read_sizes(path))
    if found is not None:
        assert len(found) == len(filled_lines(drawn) or ())
        assert (found["size"] > 0).all()


def test_the_sample_of_plain_genepred_is_what_a_helper_writes() -> None:
    assert len(PLAIN.splitlines()[0].split("\t")) == 10
    assert len(EXTENDED.splitlines()[0].split("\t")) == len(Gene().line().split("\t")) == 15

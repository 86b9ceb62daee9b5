"""Gene tables of every format, and the files that go with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from annotation_samples import ODD_SAMPLES, SAMPLES, read
from fuzz_helpers import attempt, damaged_text, filled_lines, fuzzing
from fuzz_helpers import given as written
from hypothesis import given
from hypothesis import strategies as st

from orthrus.annotation import contig_aliases
from orthrus.annotation.build import Files, build
from orthrus.annotation.contig_bounds import read_sizes
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.annotation import AnnotationSettings

GENE_TABLES = SAMPLES | ODD_SAMPLES


@pytest.mark.parametrize("layout", GENE_TABLES)
@fuzzing
@given(data=st.data())
def test_a_damaged_gene_table(tmp_path: Path, layout: str, data: st.DataObject) -> None:
    read(tmp_path, layout, data.draw(damaged_text(GENE_TABLES[layout])))


def _feature(kind: str, place: str, attributes: str, strand: str = "+", phase: str = ".") -> str:
    first, last = place.split("-")
    return f"c1\tx\t{kind}\t{first}\t{last}\t.\t{strand}\t{phase}\t{attributes}\n"


_T, _U = (
    'gene_id "G"; transcript_id "T";',
    'gene_id "G"; transcript_id "U"; exception "trans-splicing";',
)
ODD = {
    # Frame shifts, CDSs without phase, several CDSs, trans-splicing, other exons, implied FASTA.
    "GFF3": _feature("mRNA", "101-700", "ID=t")
    + _feature("exon", "101-700", "Parent=t,lost")
    + _feature("CDS", "111-200", "ID=c;Parent=t,lost", phase="0")
    + _feature("CDS", "202-600", "ID=c;Parent=t,lost", phase="0")
    + _feature("RNA", "101-700", "ID=gene:g")
    + _feature("transcript", "101-700", "ID=u;Parent=gene:g", "-")
    + _feature("noncoding_exon", "101-300", "Parent=u", "-")
    + _feature("coding_exon", "401-700", "Parent=u", "-")
    + _feature("CDS", "401-500", "Parent=u", "-")
    + _feature("gene", "101-600", "ID=x")
    + _feature("CDS", "101-200", "ID=cds-A;Parent=x", phase="0")
    + _feature("CDS", "301-600", "ID=cds-B;Parent=x", phase="0")
    + _feature("mRNA", "101-400", "ID=v;exception=trans-splicing", ".")
    + _feature("exon", "301-400", "Parent=v;part=1")
    + _feature("exon", "101-200", "Parent=v;part=2", "-")
    + "##FASTAQ\n>c1\nACGT\n",
    "GTF": _feature("exon", "101-700", _T, "-")
    + _feature("CDS", "210-299", _T, "-", "0")
    + _feature("CDS", "124-210", _T, "-", "0")
    + _feature("stop_codon", "121-123", _T, "-", "0")
    + _feature("exon", "801-900", _U, "-")
    + _feature("exon", "101-190", _U)
    + _feature("exon", "301-390", _T.replace("T", "S"), ".")
    + _feature("CDS", "301-390", _T.replace("T", "S")),
}


@pytest.mark.parametrize("layout", ODD)
@fuzzing
@given(data=st.data())
def test_a_damaged_table_of_odd_transcripts(
    tmp_path: Path, layout: str, data: st.DataObject
) -> None:
    path = written(tmp_path, "table", data.draw(damaged_text(ODD[layout])))
    chosen = AnnotationSettings(max_rejected=1)
    made = attempt(
        f"annotation: {layout}",
        tmp_path,
        lambda: build(Files(path), SetMetadata("a.b", "x"), chosen),
    )
    if made is not None:
        parts = (made.transcripts, made.excluded, made.rejected)
        assert made.summary["input_rows"] == sum(map(len, parts))


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
    found = attempt(f"annotation: {form}", path, lambda: contig_aliases.read_aliases(path))
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

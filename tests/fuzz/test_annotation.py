"""Gene tables of every format, and the files that go with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from annotation_samples import SAMPLES, read
from fuzz_helpers import attempt, damaged_text, filled_lines, fuzzing
from fuzz_helpers import given as written
from hypothesis import given
from hypothesis import strategies as st

from orthrus.annotation import aliases
from orthrus.annotation.bounds import read_sizes


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

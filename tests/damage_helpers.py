"""Real rows of every gene table format, and ways to damage them.

`damaged(format)` draws the bytes of a file; `judge` builds an annotation set from them and asserts
what must hold whatever they are.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from hypothesis import strategies as st

from orthrus.annotation.build import Annotation, Files, build
from orthrus.annotation.normal import Label
from orthrus.config.annotation import AnnotationSettings
from orthrus.errors import OrthrusError

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
    "genePred": NONCODING + MINUS,
    "BED12": PROJECTION,
    "GTF": GTF + GTF.replace("ENST", "ENSR"),
    "GFF3": "##gff-version 3\n" + GFF3 + GFF3.replace("BRCA1", "COPY").replace("NM_", "NR_"),
}
LINE_FORMATS = ("genePred", "BED12")
"""Formats in which every line is a row."""

JUNK = (
    "", " ", ".", "-", "+", "-1", "-5", "0", "1e5", "1.5", "NaN", "x", "é", "\0", '"', "'",
    ",", ",,", "1,2,3", "1,,2,", "9" * 10, "9" * 30, "2147483648", "#", ";", "=", "ID=", "\\N",
    'transcript_id "', "none", "chr1\tchr2", "\r", "%2",
)  # fmt: skip


def damaged(layout: str) -> st.SearchStrategy[bytes]:
    """Draw a gene table of which some rows are damaged."""
    return damaged_text(SAMPLES[layout])


@st.composite
def damaged_text(draw: st.DrawFn, sound: str) -> bytes:
    """Draw a file of which some lines are damaged."""
    lines = sound.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        lines[at] = draw(_damaged_line(lines[at]))
    text = "".join(draw(st.permutations(lines)) if draw(st.booleans()) else lines)
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    if draw(st.integers(0, 4)) == 0:
        text += sound
    data = text.encode()
    match draw(st.integers(0, 9)):
        case 0:
            cut = draw(st.integers(0, len(data)))
            data = data[:cut] + draw(st.binary(max_size=8)) + data[cut:]
        case 1:
            data = data[: draw(st.integers(0, len(data)))]
        case 2:
            data = gzip.compress(data, mtime=0)
            data = data[: draw(st.integers(0, len(data)))]
        case 3:
            data = gzip.compress(data, mtime=0)
    return data


@st.composite
def _damaged_line(draw: st.DrawFn, line: str) -> str:
    fields = line.rstrip("\n").split("\t")
    at = draw(st.integers(0, len(fields) - 1))
    junk = draw(st.sampled_from(JUNK))
    match draw(st.integers(0, 7)):
        case 0:
            del fields[at]
        case 1:
            fields.insert(at, junk)
        case 2:
            return line[: draw(st.integers(0, len(line)))]  # joins the next line, too
        case 3:
            place = draw(st.integers(0, len(fields[at])))
            fields[at] = fields[at][:place] + junk + fields[at][place:]
        case 4:
            fields[at] = fields[draw(st.integers(0, len(fields) - 1))]
        case 5:
            return line + draw(st.sampled_from(["", "\n", "#\n", "\t\n", junk + "\n", line]))
        case _:
            fields[at] = junk
    return "\t".join(fields) + "\n"


def judge(folder: Path, layout: str, data: bytes, **files: Path) -> Annotation | None:
    """Build an annotation set from damaged bytes; return it, or None when it was refused.

    `files` are companions, which may be damaged, too.

    Whatever the bytes are, a refusal is one line, and every row is kept, excluded or rejected.
    """
    path = folder / "table"
    path.write_bytes(data)
    name = "hg38.toga_x" if layout == "BED12" else "hg38.x"
    try:
        made = build(Files(path, **files), Label(name, "x"), AnnotationSettings(max_rejected=1))
    except OrthrusError as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert str(folder) in message
        assert "\n" not in message
        return None
    parts = (made.transcripts, made.excluded, made.rejected)
    assert made.summary["input_rows"] == sum(map(len, parts))
    if layout in LINE_FORMATS and not data.startswith(b"\x1f\x8b"):
        assert made.summary["input_rows"] == sum(map(_is_row, data.split(b"\n")))
    return made


def _is_row(line: bytes) -> bool:
    """Whether a line of genePred or BED is a row: not blank, no comment."""
    return bool(line.strip(b"\t\r")) and not line.startswith(b"#")

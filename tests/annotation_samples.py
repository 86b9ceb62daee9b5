"""Real rows of every gene table format, and what must hold of any annotation set."""

from __future__ import annotations

import re
from pathlib import Path

from fuzz_helpers import attempt, filled_lines
from fuzz_helpers import given as written

from orthrus.annotation.build import Annotation, Files, build
from orthrus.annotation.normalize import SetMetadata
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
_BINNED = [row.split("\t") for row in (NONCODING + MINUS).splitlines()]
BINNED = "".join("\t".join(row[:11]) + "\n" for row in _BINNED)
REFFLAT = "".join("\t".join([row[12], *row[1:11]]) + "\n" for row in _BINNED)
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


def _lines(template: str, *lines: tuple[str, int, int, str, str]) -> str:
    """Write feature lines; `template` has places for feature, first, last, phase, attributes."""
    return "".join(template.format(*fields) + "\n" for fields in lines)


_ON_C1 = "c1\tx\t{}\t{}\t{}\t.\t-\t{}\t{}"
_G1, _G2 = 'transcript_id "g1.t1"; gene_id "g1";', 'transcript_id "g2.t1"; gene_id "g2";'
AUGUSTUS = "# start gene g1\n" + _lines(
    _ON_C1,
    ("gene", 101, 900, ".", "g1"),
    ("transcript", 101, 900, ".", "g1.t1"),
    ("stop_codon", 101, 103, "0", _G1),
    ("CDS", 101, 400, "0", _G1),
    ("exon", 101, 400, ".", _G1),
    ("CDS", 601, 900, "0", _G1),
    ("exon", 601, 900, ".", _G1),
)
GENEMARK = _lines(
    _ON_C1,
    ("3UTR", 1091, 1100, ".", _G2),
    ("stop_codon", 1101, 1103, "0", _G2),
    ("CDS", 1104, 1200, "0", _G2),
    ("CDS", 1301, 1400, "0", _G2),
    ("exon", 2104, 2400, ".", _G2.replace("g2", "g3")),
    ("CDS", 2104, 2400, "0", _G2.replace("g2", "g3")),
    ("stop_codon", 2101, 2103, "0", _G2.replace("g2", "g3")),
)
TRANS = GTF.replace('tag "basic";', 'exception "trans-splicing";').replace("ENST", "TRANS")
TRANS += "".join(
    line.replace("\t-\t", "\t+\t") for line in TRANS.splitlines(True) if "\texon\t" in line
)
_T1 = "Parent=rna-t1"
SHIFTED = _lines(
    _ON_C1,
    ("mRNA", 101, 700, ".", "ID=rna-t1;gene=OAZ1;transcript_id=t1"),
    ("exon", 101, 700, ".", _T1),
    ("CDS", 500, 600, "0", "ID=cds-1;" + _T1),
    ("CDS", 111, 498, "0", "ID=cds-1;" + _T1),
    ("mRNA", 1101, 1700, ".", "ID=rna-t2;gene=TWO;transcript_id=t2"),
    ("exon", 1101, 1700, ".", "Parent=rna-t2"),
    ("CDS", 1101, 1200, "0", "ID=cds-A;Parent=rna-t2"),
    ("CDS", 1301, 1600, "0", "ID=cds-B;Parent=rna-t2"),
    ("mRNA", 2101, 2900, ".", "ID=rna-t3;Note=frames%2c not phases;transcript_id=t3"),
    ("exon", 2101, 2200, ".", "Parent=rna-t3"),
    ("exon", 2401, 2900, ".", "Parent=rna-t3"),
    ("CDS", 2101, 2200, "1", "ID=cds-3;Parent=rna-t3"),
    ("CDS", 2401, 2600, "0", "ID=cds-3;Parent=rna-t3"),
    ("mRNA", 3101, 3700, ".", "ID=rna-t4;exception=trans-splicing;transcript_id=t4"),
    ("exon", 3101, 3200, ".", "Parent=rna-t4"),
    ("exon", 3601, 3700, ".", "Parent=rna-t4"),
)
KNOWN_GENE = "".join(f"{row}\tP12345\tuc001aaa.3\n" for row in PLAIN.splitlines())
BIG_GENEPRED = "".join(
    f"{row}\tother\tcmpl\tincmpl\t0,0,\tmRNA\tG1\tABC\t\n"
    for row in PROJECTION.replace("ENST", "T").splitlines()
)
SAMPLES = {
    "Table Browser": NONCODING + MINUS,
    "genePredExt": EXTENDED,
    "genePred": PLAIN,
    "genePred with bin": BINNED,
    "refFlat": REFFLAT,
    "knownGene": KNOWN_GENE,
    "BED12": PROJECTION.replace("ENST", "T"),
    "bigGenePred": BIG_GENEPRED,
    "TOGA BED12": PROJECTION,
    "GTF": GTF + GTF.replace("ENST", "ENSR"),
    "GTF of gene finders": AUGUSTUS + GENEMARK,
    "GTF without quotes": (GTF + GTF.replace("ENST", "ENSR")).replace('"', ""),
    "GFF3": "##gff-version 3\n" + GFF3 + GFF3.replace("BRCA1", "COPY").replace("NM_", "NR_"),
}
ODD_SAMPLES = {
    "GTF of trans-splicing": GTF + TRANS,
    "GFF3 of odd CDSs": "##gff-version 3\n" + SHIFTED,
    "GFF3 with sequences": GFF3 + "##FASTAQKLV\n" + SHIFTED + ">c1\nACGTACGT\nACGT\n",
}
"""Of these some transcripts are rejected."""


def read(folder: Path, layout: str, data: bytes, **files: Path) -> Annotation | None:
    """Build an annotation set; return it, or None where it was refused.

    Every row is kept, excluded or rejected; where a line is a row, this is checked by counting.
    """
    path = written(folder, "table", data)
    name = "hg38.toga_x" if layout.startswith("TOGA") else "hg38.x"
    chosen = AnnotationSettings(max_rejected=1, toga=TogaSettings(fragments="merge"))
    who = f"annotation: {next(iter(files), layout)}"
    made = attempt(who, folder, lambda: build(Files(path, **files), SetMetadata(name, "x"), chosen))
    if made is None:
        return None
    parts = (made.transcripts, made.excluded, made.rejected)
    assert made.summary["input_rows"] == sum(map(len, parts))
    lines = filled_lines(data, end=b">" if layout.startswith("GFF3") else b"")
    assert lines is not None
    if layout.startswith(("GTF", "GFF3")):  # a row is no line
        named = {name for part in parts for name in part["transcript_id"]}
        assert named.issuperset(_named(layout, lines))
    else:
        assert made.summary["input_rows"] == len(lines)
    return made


_PLACE = r"[\w.]+\t\w+\t{}\t\d{{1,9}}\t\d{{1,9}}\t\.\t[-+]\t[.012]\t"
NAMED = {
    "GTF of gene finders": (r"(?:exon|CDS)", r'transcript_id "([\w.]+)"; [^\t]*'),
    "GTF without quotes": ("exon", r"[^\t#]*?; transcript_id ([\w.]+); [^\t]*"),
    "GTF": ("exon", r'[^\t]*?transcript_id "([\w.]+)"; [^\t]*'),
    "GFF3": ("mRNA", r"ID=rna-[^\t]*;transcript_id=([\w.]+)"),
}
"""Which lines of undamaged form name a transcript, by the start of a format's name."""


def _named(layout: str, lines: list[str]) -> set[str]:
    """Return the transcripts that are named by lines of undamaged form."""
    feature, attributes = next(NAMED[name] for name in NAMED if layout.startswith(name))
    form = re.compile(_PLACE.format(feature) + attributes)
    return {found[1] for line in lines if (found := form.fullmatch(line))}

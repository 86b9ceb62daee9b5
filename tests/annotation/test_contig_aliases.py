from pathlib import Path

import pytest

from orthrus.annotation.contig_aliases import read_aliases
from orthrus.annotation.contig_names import Aliases, Resolver
from orthrus.errors import OrthrusError

CHROM_ALIAS = "# ucsc\tassembly\tgenbank\trefseq\nchr1\t1\tCM000663.2\tNC_000001.11\nchrM\tM\t\tx\n"
# GRCh38.p14, its columns and a chromosome, an unlocalized scaffold and the mitochondrion.
REPORT = """# Assembly name:  GRCh38.p14
# Sequence-Name\tSequence-Role\tAssigned-Molecule\tAssigned-Molecule-Location/Type\tGenBank-Accn\t\
Relationship\tRefSeq-Accn\tAssembly-Unit\tSequence-Length\tUCSC-style-name
1\tassembled-molecule\t1\tChromosome\tCM000663.2\t=\tNC_000001.11\tPrimary Assembly\t248956422\tchr1
HSCHR1_CTG1_UNLOCALIZED\tunlocalized-scaffold\t1\tChromosome\tKI270706.1\t=\tNT_187361.1\t\
Primary Assembly\t175055\tchr1_KI270706v1_random
MT\tassembled-molecule\tMT\tMitochondrion\tJ01415.2\t<>\tNC_012920.1\tnon-nuclear\t16569\tna
"""
JSONL = (
    '{"assemblyAccession":"GCA_1.1","chrName":"1","genbankAccession":"CM000663.2","length":9,'
    '"refseqAccession":"NC_000001.11","role":"assembled-molecule","ucscStyleName":"chr1"}\n'
    '{"chr_name":"1","genbank_accession":"KI270706.1","length":5,"role":"unlocalized-scaffold"}\n'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            CHROM_ALIAS,
            [Aliases(("chr1", "1", "CM000663.2", "NC_000001.11")), Aliases(("chrM", "M", "x"))],
        ),
        (
            REPORT,
            [
                Aliases(("1", "CM000663.2", "NC_000001.11", "chr1"), 248956422),
                Aliases(
                    ("HSCHR1_CTG1_UNLOCALIZED", "KI270706.1", "NT_187361.1",
                     "chr1_KI270706v1_random"),
                    175055,
                ),
                Aliases(("MT", "J01415.2"), 16569),
            ],
        ),
        (
            JSONL,
            [
                Aliases(("CM000663.2", "NC_000001.11", "chr1", "1"), 9),
                Aliases(("KI270706.1",), 5),
            ],
        ),
        (
            "chr1\t1\nchr2\t2\nchr7_alt\t9\n",
            [Aliases(("chr1", "1")), Aliases(("chr2", "2")), Aliases(("chr7_alt", "9"))],
        ),
        ("chr1\t100\nchr2\t99\n", [Aliases(("chr1",), 100), Aliases(("chr2",), 99)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_table(tmp_path: Path, text: str, expected: list[Aliases], newline: str) -> None:
    (tmp_path / "t").write_text(text, newline=newline)
    assert read_aliases(tmp_path / "t") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t: is empty"),
        ("# ucsc\n", "t: names no sequence"),
        ("chr1\n", "t: line 1: has one field; expected chromAlias.txt"),
        ("chr1\t0\n", "t: line 1: a length of 0"),
        ("chr1\t2147483648\n", "t: line 1: a length of 2147483648"),
        (REPORT + "2\tassembled-molecule\n", "t: line 6: .*; expected chromAlias.txt"),
        (REPORT.replace("175055", "long"), "t: line 4: invalid literal"),
        (JSONL + "{\n", "t: line 3: .*expected chromAlias"),
        ('{"chrName":"1"}\n', "t: line 1: names no sequence"),
        (JSONL.replace("9,", "[9],"), "t: line 1: "),
        ("\ud800".encode("utf-8", "surrogatepass"), "t: is not UTF-8"),
    ],
)
def test_other_tables_are_refused_in_one_line(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    (tmp_path / "t").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(OrthrusError, match=message) as caught:
        read_aliases(tmp_path / "t")
    assert "\n" not in str(caught.value)


DATABASE = "1\tchr1\tensembl\nNC_000001.11\tchr1\trefseq\nMT\tchrM\tensembl,ncbi\n"


@pytest.mark.parametrize(
    "text",
    [
        DATABASE,
        "#alias\tchrom\tsource\n" + DATABASE,
        DATABASE.replace("ensembl,ncbi", "ensembl").replace("refseq", "genbank"),
        DATABASE.replace("refseq", "ours") + "CM1.1\tchrM\tours\n",
        "\ufeff" + DATABASE + "  \n",
    ],
)
def test_the_database_table_pairs_names(tmp_path: Path, text: str) -> None:
    (tmp_path / "t").write_text(text)
    known = read_aliases(tmp_path / "t")
    assert len(known) == sum(
        line.count("\t") == 2 for line in text.splitlines() if not line.startswith("#")
    )
    for annotated, meant in (("1", "chr1"), ("NC_000001.11", "chr1"), ("MT", "chrM")):
        names = Resolver([annotated], known)
        for sequence in ("chr1", "chrM"):
            names.claim(sequence, 10)
        assert names.finish() == {}
        assert names.found == {annotated: meant}


def test_three_names_are_no_source(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("chr1\t1\tCM1.1\nchr2\t2\tCM2.1\n")
    assert [len(entry.names) for entry in read_aliases(tmp_path / "t")] == [3, 3]

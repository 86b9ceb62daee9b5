from dataclasses import replace
from pathlib import Path

import pytest
from annotation_helpers import (
    Gene,
    build_text,
    complete_genes,
    frames_by_walking,
    reasons,
    runs,
    spliced,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# NCBI's style: a split CDS on the reverse strand, an mRNA of gene BRCA1.
NCBI = """##gff-version 3
#!processor NCBI annotwriter
##sequence-region NC_000017.11 1 83257441
NC_000017.11\tRefSeq\tregion\t1\t83257441\t.\t+\t.\tID=NC_000017.11:1..83257441;Dbxref=taxon:9606
NC_000017.11\tBestRefSeq\tgene\t101\t400\t.\t-\t.\tID=gene-BRCA1;Dbxref=GeneID:672;Name=BRCA1;\
gbkey=Gene;gene=BRCA1;gene_biotype=protein_coding
NC_000017.11\tBestRefSeq\tmRNA\t101\t400\t.\t-\t.\tID=rna-NM_007294.4;Parent=gene-BRCA1;\
Name=NM_007294.4;gbkey=mRNA;gene=BRCA1;transcript_id=NM_007294.4
NC_000017.11\tBestRefSeq\texon\t351\t400\t.\t-\t.\tID=exon-NM_007294.4-1;Parent=rna-NM_007294.4;\
gene=BRCA1
NC_000017.11\tBestRefSeq\texon\t201\t260\t.\t-\t.\tID=exon-NM_007294.4-2;Parent=rna-NM_007294.4
NC_000017.11\tBestRefSeq\texon\t101\t140\t.\t-\t.\tID=exon-NM_007294.4-3;Parent=rna-NM_007294.4
NC_000017.11\tBestRefSeq\tCDS\t351\t370\t.\t-\t0\tID=cds-NP_1;Parent=rna-NM_007294.4;gene=BRCA1
NC_000017.11\tBestRefSeq\tCDS\t201\t260\t.\t-\t1\tID=cds-NP_1;Parent=rna-NM_007294.4;gene=BRCA1
NC_000017.11\tBestRefSeq\tCDS\t128\t140\t.\t-\t1\tID=cds-NP_1;Parent=rna-NM_007294.4;gene=BRCA1
###
NC_000017.11\tGnomon\tpseudogene\t501\t600\t.\t+\t.\tID=gene-P1;Name=P1;gbkey=Gene;gene=P1;\
gene_biotype=transcribed_pseudogene
NC_000017.11\tGnomon\texon\t501\t600\t.\t+\t.\tID=id-P1;Parent=gene-P1;gene=P1
NC_000017.11\tRefSeq\tgene\t701\t790\t.\t+\t.\tID=gene-ND1;Name=ND1;gene=ND1;gene_biotype=protein_coding
NC_000017.11\tRefSeq\tCDS\t701\t790\t.\t+\t0\tID=cds-YP_1;Parent=gene-ND1;gene=ND1
"""

ENSEMBL = """##gff-version 3
1\thavana\tgene\t11\t100\t.\t+\t.\tID=gene:ENSG01;Name=ABC%2C1;biotype=protein_coding;gene_id=ENSG01;\
version=5
1\thavana\tmRNA\t11\t100\t.\t+\t.\tID=transcript:ENST01;Parent=gene:ENSG01;Name=ABC-201;\
biotype=protein_coding;tag=basic,Ensembl_canonical;transcript_id=ENST01;version=2
1\thavana\tfive_prime_UTR\t11\t20\t.\t+\t.\tParent=transcript:ENST01
1\thavana\texon\t11\t40\t.\t+\t.\tParent=transcript:ENST01;Name=ENSE1;exon_id=ENSE1;rank=1
1\thavana\tCDS\t21\t40\t.\t+\t0\tID=CDS:ENSP01;Parent=transcript:ENST01;protein_id=ENSP01
1\thavana\texon\t51\t100\t.\t+\t.\tParent=transcript:ENST01;Name=ENSE2;exon_id=ENSE2;rank=2
1\thavana\tCDS\t51\t90\t.\t+\t1\tID=CDS:ENSP01;Parent=transcript:ENST01;protein_id=ENSP01
###
"""

# TAIR9: an mRNA whose CDS is also the protein's, and a pseudogene.
TAIR = """Chr1\tTAIR9\tmRNA\t33666\t37780\t.\t-\t.\tID=AT1G01060.4;Parent=AT1G01060;Index=1
Chr1\tTAIR9\tprotein\t33992\t37061\t.\t-\t.\tID=AT1G01060.4-Protein;Derives_from=AT1G01060.4
Chr1\tTAIR9\tfive_prime_UTR\t37569\t37780\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\texon\t37569\t37780\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tfive_prime_UTR\t37373\t37398\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\texon\t37373\t37398\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tfive_prime_UTR\t37062\t37203\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tCDS\t37023\t37061\t.\t-\t0\tParent=AT1G01060.4,AT1G01060.4-Protein;
Chr1\tTAIR9\texon\t37023\t37203\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tCDS\t36810\t36921\t.\t-\t0\tParent=AT1G01060.4,AT1G01060.4-Protein;
Chr1\tTAIR9\texon\t36810\t36921\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tCDS\t36624\t36685\t.\t-\t2\tParent=AT1G01060.4,AT1G01060.4-Protein;
Chr1\tTAIR9\texon\t36624\t36685\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tCDS\t35730\t35963\t.\t-\t0\tParent=AT1G01060.4,AT1G01060.4-Protein;
Chr1\tTAIR9\texon\t35730\t35963\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tCDS\t35567\t35647\t.\t-\t0\tParent=AT1G01060.4,AT1G01060.4-Protein;
Chr1\tTAIR9\texon\t35567\t35647\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tCDS\t34401\t35471\t.\t-\t0\tParent=AT1G01060.4,AT1G01060.4-Protein;
Chr1\tTAIR9\texon\t34401\t35471\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tCDS\t33992\t34327\t.\t-\t0\tParent=AT1G01060.4,AT1G01060.4-Protein;
Chr1\tTAIR9\tthree_prime_UTR\t33666\t33991\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\texon\t33666\t34327\t.\t-\t.\tParent=AT1G01060.4
Chr1\tTAIR9\tpseudogene\t402693\t402961\t.\t-\t.\tID=AT1G02136;Note=pseudogene
Chr1\tTAIR9\tpseudogenic_transcript\t402693\t402961\t.\t-\t.\tID=AT1G02136.1;Parent=AT1G02136
Chr1\tTAIR9\tpseudogenic_exon\t402886\t402961\t.\t-\t.\tParent=AT1G02136.1
Chr1\tTAIR9\tpseudogenic_exon\t402693\t402808\t.\t-\t.\tParent=AT1G02136.1
"""


def test_refseq_transcripts_pseudogenes_and_genes_without_exons(tmp_path: Path) -> None:
    table = build_text(tmp_path, NCBI).transcripts
    columns = ("transcript_id", "gene_id", "gene_name", "biotype", "strand", "tx_start", "tx_end")
    assert table.select(columns).rows() == [
        ("NM_007294.4", "BRCA1", "BRCA1", "mRNA", "-", 100, 400),
        ("P1", "P1", "P1", "transcribed_pseudogene", "+", 500, 600),
        ("ND1", "ND1", "ND1", "protein_coding", "+", 700, 790),
    ]
    coding, pseudogene, mitochondrial = table.iter_rows(named=True)
    assert coding["exon_starts"] == [100, 200, 350]
    assert coding["exon_frames"] == [2, 2, 0]
    assert (coding["cds_start"], coding["cds_end"]) == (127, 370)
    assert (coding["cds_start_stat"], coding["cds_end_stat"]) == ("cmpl", "cmpl")
    assert (coding["mature_cds_start"], coding["mature_cds_end"]) == (30, 30 + 20 + 60 + 13)
    assert pseudogene["cds_start"] is None
    assert (mitochondrial["cds_start"], mitochondrial["has_utr"]) == (700, False)


def test_ensembl_names_take_their_version_and_escapes_are_undone(tmp_path: Path) -> None:
    row = build_text(tmp_path, ENSEMBL).transcripts.row(0, named=True)
    assert (row["transcript_id"], row["gene_id"]) == ("ENST01.2", "ENSG01.5")
    assert (row["gene_name"], row["biotype"]) == ("ABC,1", "protein_coding")
    assert row["tags"] == ["Ensembl_canonical", "basic"]
    assert row["exon_frames"] == [0, 2]
    assert (row["cds_start_stat"], row["cds_end_stat"]) == ("cmpl", "cmpl")


def test_utrs_and_cds_make_the_exons_of_an_mrna_without_exon_lines(tmp_path: Path) -> None:
    whole, pseudogene = build_text(tmp_path, TAIR).transcripts.iter_rows(named=True)
    without = "".join(line for line in TAIR.splitlines(True) if "\texon\t" not in line)
    made = build_text(tmp_path, without).transcripts
    assert made.rows(named=True) == [whole, pseudogene]
    assert whole["exon_starts"] == [33665, 34400, 35566, 35729, 36623, 36809, 37022, 37372, 37568]
    assert (whole["cds_start"], whole["cds_end"]) == (33991, 37061)
    assert pseudogene["exon_ends"] == [402808, 402961]


def test_overlapping_utrs_and_a_stop_codon_join_the_cds(tmp_path: Path) -> None:
    parts = [
        *[("UTR", 11, 25, "."), ("CDS", 21, 40, "0"), ("CDS", 51, 57, "1")],
        *[("stop_codon", 58, 60, "0"), ("three_prime_utr", 58, 70, ".")],
    ]
    text = "chr1\tx\tmRNA\t11\t70\t.\t+\t.\tID=a\n" + "".join(
        f"chr1\tx\t{kind}\t{first}\t{last}\t.\t+\t{phase}\tParent=a\n"
        for kind, first, last, phase in parts
    )
    row = build_text(tmp_path, text).transcripts.row(0, named=True)
    assert (row["exon_starts"], row["exon_ends"]) == ([10, 50], [40, 70])
    assert (row["cds_start"], row["cds_end"]) == (20, 60)


def test_utrs_without_a_cds_make_no_transcript(tmp_path: Path) -> None:
    utr = "chr1\tx\tfive_prime_UTR\t11\t40\t.\t+\t.\t"
    text = utr + "ID=virus\n" + utr + "Parent=gene:ENSG01\n"
    assert build_text(tmp_path, ENSEMBL + text).rejected.is_empty()
    text = "chr1\tx\tmRNA\t11\t60\t.\t+\t.\tID=bad\n" + utr + "Parent=bad\n"
    assert reasons(build_text(tmp_path, ENSEMBL + text, "max_rejected=1")) == {"bad": "no_exon"}


def test_abutting_cds_parts_of_a_slipping_ribosome_stay_two_exons(tmp_path: Path) -> None:
    slip = NCBI.replace(
        "CDS\t701\t790\t.\t+\t0\tID=cds-YP_1;Parent=gene-ND1;gene=ND1\n",
        "CDS\t701\t740\t.\t+\t0\tParent=gene-ND1\n"
        "NC_000017.11\tRefSeq\tCDS\t741\t790\t.\t+\t0\tParent=gene-ND1\n",
    )
    slipped = build_text(tmp_path, slip).transcripts.row(-1, named=True)
    assert (slipped["exon_starts"], slipped["exon_frames"]) == ([700, 740], [0, 0])


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        (ENSEMBL.replace("tag=basic", "tag=cds_start_NF"), ("incmpl", "cmpl")),
        (ENSEMBL.replace("tag=basic", "tag=cds_end_NF"), ("cmpl", "incmpl")),
        (ENSEMBL.replace("CDS\t51\t90", "CDS\t51\t89"), ("cmpl", "incmpl")),
        (ENSEMBL.replace("+\t0\t", "+\t2\t"), ("incmpl", "cmpl")),
        (NCBI.replace("Parent=rna-NM", "end_range=370,.;Parent=rna-NM"), ("cmpl", "incmpl")),
        (NCBI.replace("Parent=rna-NM", "start_range=.,128;Parent=rna-NM"), ("incmpl", "cmpl")),
        (NCBI.replace("CDS\t128", "CDS\t129"), ("incmpl", "cmpl")),
    ],
)
def test_completeness_follows_frames_tags_and_ranges(
    tmp_path: Path, text: str, marks: tuple[str, str]
) -> None:
    row = build_text(tmp_path, text).transcripts.row(0, named=True)
    assert (row["cds_start_stat"], row["cds_end_stat"]) == marks


def test_an_exon_may_have_several_parents(tmp_path: Path) -> None:
    text = (
        "chr1\tx\tmRNA\t11\t40\t.\t+\t.\tID=a\n"
        "chr1\tx\tmRNA\t11\t60\t.\t+\t.\tID=b\n"
        "chr1\tx\texon\t11\t40\t.\t+\t.\tParent=a,b\n"
        "chr1\tx\texon\t51\t60\t.\t+\t.\tParent=b\n"
        "##FASTA\n>chr1\nACGT\n"
    )
    table = build_text(tmp_path, text).transcripts
    assert table.select("transcript_id", "exon_ends").rows() == [("a", [40]), ("b", [40, 60])]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("chr1\tx\tmRNA\t11\t40\t.\t+\t.\tID=bad\n", "no_exon"),
        (
            "chr1\tx\tmRNA\t11\t40\t.\t+\t.\tID=bad\nchr1\tx\texon\t11\t40\t.\t-\t.\tParent=bad\n",
            "strand",
        ),
        (
            "chr1\tx\tmRNA\t11\t60\t.\t+\t.\tID=bad\nchr1\tx\texon\t11\t40\t.\t+\t.\tParent=bad\n"
            "chr1\tx\texon\tfifty\t60\t.\t+\t.\tParent=bad\n",
            "coordinate",
        ),
        (
            "chr1\tx\tmRNA\t11\t60\t.\t+\t.\tID=bad\nchr1\tx\texon\t11\t40\t.\t+\t.\tParent=bad\n"
            "chr1\texon\t51\t60\t.\t+\t.\tParent=bad\n",
            "columns",
        ),
        (
            "chr1\tx\tmRNA\t11\t40\t.\t+\t.\tID=bad\nchr1\tx\texon\t11\t40\t.\t+\t.\tParent=bad\n"
            "chr1\tx\tCDS\t11\t40\t.\t+\t3\tParent=bad\n",
            "phase",
        ),
    ],
)
def test_a_bad_line_condemns_its_transcript(tmp_path: Path, bad: str, reason: str) -> None:
    made = build_text(tmp_path, ENSEMBL + bad, "max_rejected=1")
    assert reasons(made) == {"bad": reason}
    assert made.transcripts["transcript_id"].to_list() == ["ENST01.2"]


def test_a_file_cut_after_a_first_exon_is_noticed(tmp_path: Path) -> None:
    cut = ENSEMBL[: ENSEMBL.index("1\thavana\texon\t51")]
    made = build_text(tmp_path, NCBI + cut, "max_rejected=1")
    assert made.rejected.select("transcript_id", "reason", "detail").rows() == [
        ("ENST01.2", "exon_span", "exons 10-40 of transcript 10-100")
    ]


@pytest.mark.parametrize(
    "kind",
    ["lnc_RNA", "tRNA", "three_prime_overlapping_ncrna", "pseudogenic_transcript",
     "NMD_transcript_variant", "primary_transcript"],
)  # fmt: skip
def test_a_transcript_of_any_type_without_exons_is_rejected(tmp_path: Path, kind: str) -> None:
    line = f"1\tx\t{kind}\t11\t40\t.\t+\t.\t"
    text = ENSEMBL + line + "ID=transcript:bad;Parent=gene:ENSG01\n" + line + "Parent=gene:ENSG01\n"
    made = build_text(tmp_path, text, "max_rejected=1")
    assert made.rejected.select("transcript_id", "reason").rows() == [
        ("bad", "no_exon"),
        (None, "no_exon"),
    ]


def test_what_is_no_transcript_needs_no_exons(tmp_path: Path) -> None:
    text = NCBI + "".join(
        f"NC_000017.11\tRefSeq\t{kind}\t711\t720\t.\t+\t.\t{attributes}\n"
        for kind, attributes in [
            ("transcriptional_cis_regulatory_region", "ID=id-GeneID:1;gbkey=regulatory"),
            ("transcription_start_site", "ID=tss1;Parent=gene-ND1"),
            ("biological_region", "ID=id-GeneID:1-2"),
            ("ncRNA_gene", "ID=gene-R1"),
            ("cDNA_match", "ID=aln0;Target=NR_1.1 1 10 +"),
        ]
    )
    assert build_text(tmp_path, text).rejected.is_empty()


def test_a_microrna_is_a_piece_of_its_precursor(tmp_path: Path) -> None:
    text = (
        "1\tx\tpre_miRNA\t11\t90\t.\t+\t.\tID=pre;Parent=g\n"
        "1\tx\texon\t11\t90\t.\t+\t.\tParent=pre\n"
        "1\tx\tmiRNA\t21\t42\t.\t+\t.\tID=mir;Parent=pre\n"
    )
    made = build_text(tmp_path, text)
    assert made.transcripts["transcript_id"].to_list() == ["pre"]
    assert made.rejected.is_empty()


def test_a_comma_in_a_name_separates_no_parents(tmp_path: Path) -> None:
    text = (
        "1\tx\tmRNA\t11\t40\t.\t+\t.\tID=tRNA(Ser%2CUGA);Parent=gene%2C1\n"
        "1\tx\texon\t11\t40\t.\t+\t.\tParent=tRNA(Ser%2CUGA),other%3B1\n"
        "1\tx\tmRNA\t11\t40\t.\t+\t.\tID=other%3B1;Parent=gene%2C1\n"
        "1\tx\tgene\t11\t40\t.\t+\t.\tID=gene%2C1;Name=A\n"
    )
    table = build_text(tmp_path, text).transcripts
    assert table.select("transcript_id", "gene_id").rows() == [
        ("tRNA(Ser,UGA)", "gene,1"),
        ("other;1", "gene,1"),
    ]


@pytest.mark.parametrize("parent", ["Parent=nowhere", "ID=alone"])
def test_an_exon_without_a_transcript_is_a_row_of_its_own(tmp_path: Path, parent: str) -> None:
    made = build_text(
        tmp_path, ENSEMBL + f"1\tx\texon\t11\t40\t.\t+\t.\t{parent}\n", "max_rejected=1"
    )
    assert made.rejected["reason"].to_list() == ["attributes"]


def as_gff3(gene: Gene) -> str:
    """Write a complete transcript as GFF3, whose CDS includes the stop codon."""
    coding = [base for base in spliced(gene) if gene.cds[0] <= base < gene.cds[1]]
    phase_of = {base: -count % 3 for count, base in enumerate(coding)}
    place = f"{gene.chrom}\tx\t{{}}\t{{}}\t{{}}\t.\t{gene.strand}\t{{}}\t{{}}={gene.name}\n"
    text = place.format("mRNA", gene.exons[0][0] + 1, gene.exons[-1][1], ".", "gene=GENE1;ID")
    for start, end in gene.exons:
        text += place.format("exon", start + 1, end, ".", "Parent")
    for start, end in runs(gene, coding):
        phase = phase_of[start if gene.strand == "+" else end - 1]
        text += place.format("CDS", start + 1, end, phase, "Parent")
    return text


@given(st.lists(complete_genes(), min_size=1, max_size=3))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
    max_examples=60,
    deadline=None,
)
def test_gff3_and_genepred_of_any_transcript_are_identical(
    tmp_path: Path, many: list[Gene]
) -> None:
    named = [replace(gene, name=f"T{i}") for i, gene in enumerate(many)]
    of_gff3 = build_text(tmp_path, "".join(map(as_gff3, named))).transcripts
    of_genepred = build_text(tmp_path, "".join(gene.line() for gene in named)).transcripts
    only_in_gff3 = ("gene_id", "biotype")
    assert of_gff3.drop(only_in_gff3).equals(of_genepred.drop(only_in_gff3))
    assert of_gff3["exon_frames"].to_list() == [frames_by_walking(gene) for gene in named]

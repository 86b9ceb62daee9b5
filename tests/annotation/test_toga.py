from pathlib import Path

import pytest
from annotation_helpers import build_text, reasons

from orthrus.annotation.normalize import SetMetadata
from orthrus.errors import OrthrusError

LABEL = SetMetadata("canFam3.toga_hg38", "Canis lupus familiaris")
CD55 = "ENST00000367064.CD55.8"
DOTTED = "ENST00000568641.AC055839.2.7"
BARE = "NM_003834.1"
HEADER = "t_gene\tt_transcript\tq_gene\tq_transcript\torthology_class\n"
ORTHOLOGY = HEADER + (
    f"ENSG00000196352\tENST00000367064.CD55\treg_1\t{CD55}\tone2one\n"
    "ENSG00000260032\tENST00000568641.AC055839.2\tNone\tNone\tone2zero\n"
    f"RGS11\tNM_003834\treg_2\t{BARE}\tone2many\n"
)
LOSS = (
    f"GENE\tENSG00000196352\tI\nPROJECTION\t{CD55}\tI\nPROJECTION\t{DOTTED}\tL\nTRANSCRIPT\tx\tM\n"
)


def bed(name: str, chrom: str = "chr1") -> str:
    return f"{chrom}\t10\t100\t{name}\t1000\t+\t10\t100\t0,0,200\t2\t30,50,\t0,40,\n"


def test_names_are_split_at_the_first_and_the_last_dot(tmp_path: Path) -> None:
    table = build_text(tmp_path, bed(CD55) + bed(DOTTED) + bed(BARE), label=LABEL).transcripts
    columns = ("transcript_id", "reference_transcript", "gene_name", "chain", "origin")
    assert table.select(columns).rows() == [
        (CD55, "ENST00000367064", "CD55", 8, "toga"),
        (DOTTED, "ENST00000568641", "AC055839.2", 7, "toga"),
        (BARE, "NM_003834", None, 1, "toga"),
    ]
    assert table["has_utr"].to_list() == [False, False, False]


def test_classes_and_genes_come_from_the_tables(tmp_path: Path) -> None:
    other_chain = bed("NM_003834.2")
    text = bed(CD55) + bed(DOTTED) + bed(BARE) + other_chain
    table = build_text(tmp_path, text, label=LABEL, orthology=ORTHOLOGY, loss=LOSS).transcripts
    columns = ("gene_id", "gene_name", "loss_class", "orthology_class")
    assert table.select(columns).rows() == [
        ("ENSG00000196352", "CD55", "I", "one2one"),
        ("ENSG00000260032", "AC055839.2", "L", "one2zero"),
        (None, "RGS11", None, "one2many"),
        (None, "RGS11", None, None),
    ]


def test_several_chains_are_several_transcripts(tmp_path: Path) -> None:
    text = bed("ENST1.A.1") + bed("ENST1.A.2", "chr2")
    assert len(build_text(tmp_path, text, label=LABEL).transcripts) == 2


def test_fragments_are_excluded(tmp_path: Path) -> None:
    text = (
        bed("ENST1.A.-1") + bed("ENST1.A.-1", "chr2") + bed("ENST2.B.3") + bed("ENST2.B.3", "chr2")
    )
    made = build_text(tmp_path, text + bed(CD55), label=LABEL)
    assert made.excluded["reason"].to_list() == ["fragmented"] * 4
    assert made.transcripts["transcript_id"].to_list() == [CD55]


def piece(name: str, start: int, strand: str = "+", chrom: str = "chr1") -> str:
    """A piece of two exons, 10 and 21 nt long, 5 nt apart."""
    place = f"{start}\t{start + 36}"
    return f"{chrom}\t{place}\t{name}\t0\t{strand}\t{place}\t0\t2\t10,21,\t0,15,\n"


@pytest.mark.parametrize(("strand", "frames"), [("+", [0, 1, 1, 2]), ("-", [1, 1, 0, 0])])
def test_pieces_on_one_strand_of_a_sequence_are_merged(
    tmp_path: Path, strand: str, frames: list[int]
) -> None:
    pieces = [piece("ENST1.A.-1", start, strand) for start in (200, 100)]
    text = pieces[0] + piece("ENST2.B.7", 10) + pieces[1]
    made = build_text(tmp_path, text, "toga.fragments=merge", label=LABEL)
    merged, other = made.transcripts.iter_rows(named=True)
    assert (merged["transcript_id"], merged["chain"]) == ("ENST1.A.-1", -1)
    assert (merged["tx_start"], merged["tx_end"]) == (100, 236)
    assert (merged["cds_start"], merged["cds_end"], merged["length"]) == (100, 236, 62)
    assert merged["exon_starts"] == [100, 115, 200, 215]
    assert merged["exon_ends"] == [110, 136, 210, 236]
    assert merged["exon_frames"] == frames
    assert other["exon_starts"] == [10, 25]
    assert made.excluded.select("reason", "detail", "source_row").rows() == [
        ("merged", "with line 1", 3)
    ]


def test_pieces_that_cannot_be_merged_are_excluded(tmp_path: Path) -> None:
    text = (
        piece("ENST1.A.-1", 10) + piece("ENST1.A.-1", 10, chrom="chr2")
        + piece("ENST2.B.1", 10) + piece("ENST2.B.1", 100, "-")
        + piece("ENST3.C.-1", 10) + piece("ENST3.C.-1", 40)
        + piece("ENST4.D.-1", 10)
    )  # fmt: skip
    made = build_text(tmp_path, text, "toga.fragments=merge", label=LABEL)
    assert made.transcripts["transcript_id"].to_list() == ["ENST4.D.-1"]
    assert made.excluded.select("reason", "detail").rows() == [
        *[("fragmented", "pieces on 2 sequences or strands")] * 4,
        *[("fragmented", "pieces overlap")] * 2,
    ]


def test_pieces_of_which_one_fell_are_no_transcript(tmp_path: Path) -> None:
    broken = piece("ENST1.A.-1", 200).replace("\t200\t", "\t-200\t", 1)
    text = piece("ENST1.A.-1", 100) + broken + piece("ENST2.B.7", 10)
    chosen = ("toga.fragments=merge", "max_rejected=1")
    made = build_text(tmp_path, text, *chosen, label=LABEL)
    assert made.transcripts["transcript_id"].to_list() == ["ENST2.B.7"]
    assert made.rejected["reason"].to_list() == ["coordinate"]
    assert made.excluded.select("reason", "detail").rows() == [
        ("fragmented", "without another piece")
    ]


@pytest.mark.parametrize("classes", ["null", "[]"])
def test_all_loss_classes_pass_unless_some_are_chosen(tmp_path: Path, classes: str) -> None:
    chosen = f"toga.keep_classes={classes}"
    assert len(build_text(tmp_path, bed(CD55), chosen, label=LABEL, loss=LOSS).transcripts) == 1


def test_only_wanted_loss_classes_pass(tmp_path: Path) -> None:
    text = bed(CD55) + bed(DOTTED) + bed(BARE)
    made = build_text(tmp_path, text, "toga.keep_classes=[I, PI]", label=LABEL, loss=LOSS)
    assert reasons(made) == {DOTTED: "loss_class", BARE: "loss_class"}
    assert made.excluded["detail"].to_list() == ["L", None]


@pytest.mark.parametrize("name", ["ENST00000367064", "ENST1.CD55", ".CD55.1", "ENST1."])
def test_a_name_of_another_form_is_rejected(tmp_path: Path, name: str) -> None:
    made = build_text(tmp_path, bed(CD55) + bed(name), "max_rejected=1", label=LABEL)
    assert reasons(made) == {name: "toga_name"}


@pytest.mark.parametrize("companion", ["orthology", "loss"])
def test_a_companion_of_another_query_is_refused(tmp_path: Path, companion: str) -> None:
    text = {"orthology": ORTHOLOGY, "loss": LOSS}[companion]
    with pytest.raises(OrthrusError, match=f"{companion}.txt: names none of the projections"):
        build_text(tmp_path, bed("ENST9.X.1"), label=LABEL, **{companion: text})


def test_a_malformed_companion_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match="line 2: expected 5 tab-separated fields"):
        build_text(tmp_path, bed(CD55), label=LABEL, orthology=HEADER + "a\tb\n")


def test_loss_classes_cannot_be_chosen_without_the_table(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"toga.keep_classes needs the loss table; give --loss"):
        build_text(tmp_path, bed(CD55), "toga.keep_classes=[I]", label=LABEL)


def test_projections_must_be_bed(tmp_path: Path) -> None:
    gtf = 'chr1\tx\texon\t11\t40\t.\t+\t.\tgene_id "G"; transcript_id "T";\n'
    with pytest.raises(OrthrusError, match="must be BED12, this is GTF"):
        build_text(tmp_path, gtf, label=LABEL)


@pytest.mark.parametrize(
    ("name", "reference", "gene", "chain"),
    [
        ("rna-XM_990001.1.5903", "XM_990001.1", None, 5903),
        ("rna-XM_990001.1.LOC990.5903", "XM_990001.1", "LOC990", 5903),
        ("transcript:ENST00000367064.12.CD55.8", "ENST00000367064.12", "CD55", 8),
        ("ENST00000367064.9_11.CD55.8", "ENST00000367064.9_11", "CD55", 8),
    ],
)
def test_versions_and_types_in_names(
    tmp_path: Path, name: str, reference: str, gene: str | None, chain: int
) -> None:
    loss = f"PROJECTION\t{name}\tI\n"
    orthology = HEADER + f"gene-X\t{name.rpartition('.')[0]}\treg_1\t{name}\tone2one\n"
    made = build_text(tmp_path, bed(name), label=LABEL, loss=loss, orthology=orthology)
    columns = ("reference_transcript", "chain", "loss_class", "orthology_class", "gene_name")
    assert made.transcripts.select(columns).rows() == [
        (reference, chain, "I", "one2one", gene or "X")
    ]


def test_tables_of_other_projections_are_refused(tmp_path: Path) -> None:
    names = [f"ENST{number}.A.1" for number in range(10)]
    text = "".join(map(bed, names))
    loss = "".join(f"PROJECTION\t{name}0\tI\n" for name in names[1:]) + f"PROJECTION\t{names[0]}\tI"
    message = r"loss.txt: names only 1 of the projections \(1 of 10, less than annotation.min_match"
    with pytest.raises(OrthrusError, match=message):
        build_text(tmp_path, text, label=LABEL, loss=loss)
    assert len(build_text(tmp_path, text, "min_matched=0.1", label=LABEL, loss=loss).transcripts)

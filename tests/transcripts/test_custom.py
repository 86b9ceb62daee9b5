"""One's own transcripts: every form gives the store that the workflow would make."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest
from custom_helpers import bed12, bgzip, genepred, gff3
from transcripts_helpers import Transcript, annotated_frames, read_dump, write_fasta, write_twobit

from orthrus import schemas
from orthrus.__main__ import main
from orthrus.annotation.build import Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config import settings
from orthrus.config.annotation import AnnotationSettings
from orthrus.config.custom import CustomSettings
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.errors import OrthrusError
from orthrus.transcripts.custom import CustomFiles, encode, report_folder
from orthrus.transcripts.encode import encode_store
from orthrus.transcripts.store import Store

UCSC = "mirror/hgdownload.soe.ucsc.edu/goldenPath/hg38"
GENCODE = "mirror/ftp.ebi.ac.uk/pub/databases/gencode/Gencode_human/release_43"
LABEL = SetMetadata("own.test", "Toy species")
GENOME = {"chr1": "CCATGGCNTAAttgacgtANNacgtagctgatcgg", "chr2": "ATGTGA", "chr2_KI1v1_alt": "ACGT"}


def toy(name: str, strand: str = "+", cds: tuple[int, int] | None = (3, 11)) -> Transcript:
    exons = [(2, 8), (9, 11)]
    frames = annotated_frames(exons, cds or (0, 0), strand)
    return Transcript(name, "chr1", strand, exons, frames, cds)


TOYS = [toy("a"), toy("b", "-"), toy("c", cds=None)]


def made(folder: Path, name: str, *assignments: str, **files: Path) -> Store:
    encode(CustomFiles(**files), folder / name, LABEL, settings(CustomSettings, list(assignments)))
    return Store.open(folder / name)


def codes_of(store: Store) -> dict[str, bytes]:
    return {name: store[name].tobytes() for name in store.table["transcript_id"]}


def test_every_form_and_packing_of_a_gene_table_gives_the_same_codes(tmp_path: Path) -> None:
    genome = write_fasta(tmp_path / "a.fa", GENOME)
    packed = {
        "gz": gzip.compress(genome.read_bytes()),
        "bgz": bgzip(genome.read_bytes(), 20),
        "2bit": write_twobit(tmp_path / "a.2bit", GENOME).read_bytes(),
        "none": genome.read_bytes(),
    }
    found = []
    for number, (write, pack, form) in enumerate(
        [
            (gff3, bytes, "gz"),
            (bed12, gzip.compress, "bgz"),
            (genepred, bgzip, "2bit"),
            (gff3, bgzip, "none"),
        ]
    ):
        (tmp_path / "table").write_bytes(pack(write(TOYS).encode()))
        (tmp_path / "genome").write_bytes(packed[form])
        store = made(
            tmp_path, f"{number}.zarr", annotation=tmp_path / "table", genome=tmp_path / "genome"
        )
        found.append(codes_of(store))
        assert store.table["cds_start"].null_count() == 1
    assert found[0].keys() == {"a", "b", "c"}
    assert all(codes == found[0] for codes in found)


def test_real_gtf_gff3_genepred_and_bed(real_data: Path, tmp_path: Path) -> None:
    dump = real_data / UCSC / "database/wgEncodeGencodeCompV43.txt.gz"
    transcripts = read_dump(dump, "x.y")
    for name, text in {"gff3": gff3, "bed": bed12}.items():
        (tmp_path / name).write_text(text(transcripts))
    genome = real_data / UCSC / "bigZips/hg38.fa.gz"
    sources = {
        "gtf": real_data / GENCODE / "gencode.v43.annotation.gtf.gz",
        "genepred": dump,
        "gff3": tmp_path / "gff3",
    }
    found = {
        name: codes_of(made(tmp_path, f"{name}.zarr", annotation=path, genome=genome))
        for name, path in sources.items()
    }
    assert len(found["gtf"]) == 105
    assert found["gtf"] == found["genepred"] == found["gff3"]
    # BED12 has no frames: a CDS whose start is unknown is read from its first base on.
    frameless = ("transcripts.codon_phase=from_cds_start",)
    of_bed, of_dump = (
        codes_of(made(tmp_path, f"{i}.zarr", *frameless, annotation=path, genome=genome))
        for i, path in enumerate((tmp_path / "bed", dump))
    )
    assert of_bed == of_dump
    assert of_bed != found["gtf"]


def test_the_store_is_that_of_the_workflow(real_data: Path, tmp_path: Path) -> None:
    dump = real_data / UCSC / "database/ncbiRefSeq.txt.gz"
    genome = real_data / UCSC / "bigZips/hg38.fa.gz"
    store = made(tmp_path, "own.zarr", annotation=dump, genome=genome)
    build(Files(dump), LABEL, AnnotationSettings()).write(tmp_path / "annotation")
    rows = tmp_path / "annotation/transcripts.parquet"
    encode_store(rows, genome, tmp_path / "flow.zarr", TranscriptsSettings())
    assert len(store) == 330
    assert store.attributes == Store.open(tmp_path / "flow.zarr").attributes


def test_the_mature_transcripts_of_a_genome_give_the_codes_of_the_genome(
    real_data: Path, tmp_path: Path
) -> None:
    dump = real_data / UCSC / "database/ncbiRefSeq.txt.gz"
    genome = real_data / UCSC / "bigZips/hg38.fa.gz"
    store = made(tmp_path, "genome.zarr", annotation=dump, genome=genome)
    letters = np.array([*"ACGTN", *"NNN"])
    with (tmp_path / "m.fa").open("w") as fasta:
        for row, about in enumerate(store.table.iter_rows(named=True)):
            codes = store[row]
            ends = (np.flatnonzero(codes & 16) + 1).tolist()
            exons = ",".join(f"{a + 1}-{b}" for a, b in zip([0, *ends], ends, strict=False))
            start, end = about["mature_cds_start"], about["mature_cds_end"]
            cds = "" if start is None else f" cds={start + 1}-{end}"
            fasta.write(f">{about['transcript_id']} exons={exons}{cds}\n")
            fasta.write("".join(letters[codes & 7]) + "\n")
    assert codes_of(made(tmp_path, "m.zarr", mature=tmp_path / "m.fa")) == codes_of(store)


# What the command says and refuses.


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["orthrus", "encode", "-o", "out.zarr", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    genome = write_fasta(tmp_path / "g.fa", GENOME)
    (tmp_path / "g.fa.bgz").write_bytes(bgzip(genome.read_bytes()))
    write_fasta(tmp_path / "other.fa", {"scaffold1": "ACGT"})
    write_fasta(tmp_path / "p.fa", {"P1": "MEEPQSDPSVEPPLSQETFSDLWKLLPENN"})
    write_fasta(tmp_path / "m.fa", {"t1": "ACGT", "t2": "AC"})
    (tmp_path / "twice.fa").write_text(">t1\nA\n>t1\nC\n")
    alt = Transcript("d", "chr2_KI1v1_alt", "+", [(0, 4)], [-1])
    (tmp_path / "my.isoforms.bed").write_text(bed12([*TOYS, alt, toy("a")]) + "chr1\t5\n")
    (tmp_path / "all.bed").write_text(bed12([toy("a", cds=(2, 11))]))
    (tmp_path / "empty.gtf").write_text("")
    (tmp_path / "comments.gtf").write_text("# nothing\n")
    return tmp_path


def test_the_command_reports_what_it_did(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (
        "--bed",
        "my.isoforms.bed",
        "--fasta",
        "g.fa.bgz",
        "--set",
        "annotation.max_rejected=1",
    )
    assert run(monkeypatch, folder, *words) == 0
    *lines, last = capsys.readouterr().err.splitlines()
    assert lines == [
        "my.isoforms.bed: BED12, 6 rows: 4 transcripts, 1 excluded (duplicate_name 1), "
        "1 rejected (columns 1)",
        "g.fa.bgz: FASTA (bgzip), has 2 of the 2 sequences of the annotation; "
        "0 transcripts do not fit",
        "out.annotation: the excluded and rejected rows, with reasons",
    ]
    digest = Store.open(folder / "out.zarr").digest
    assert last == (
        "out.zarr: own.my_isoforms, 4 transcripts, 28 nt, 2 with a CDS, 2 without, "
        f"digest {digest[:16]}"
    )
    excluded = schemas.read_table(folder / "out.annotation/excluded.parquet", schemas.DROPPED)
    assert excluded["transcript_id"].to_list() == ["a"]
    species = Store.open(folder / "out.zarr").table["species"].unique().to_list()
    assert species == ["unknown"]


def test_transcripts_that_do_not_fit_the_genome_are_counted(folder: Path) -> None:
    lost = Transcript("lost", "chr9", "+", [(0, 4)], [-1])
    far = Transcript("far", "chr2", "+", [(0, 7)], [-1])
    (folder / "far.bed").write_text(bed12([*TOYS, far, lost]))
    files = CustomFiles(folder / "far.bed", folder / "g.fa")
    allowed = settings(CustomSettings, ["transcripts.max_rejected=0.5"])
    lines = encode(files, folder / "out.zarr", LABEL, allowed)
    assert lines[1] == (
        f"{folder}/g.fa: FASTA, has 1 of the 2 sequences of the annotation; 2 transcripts do not "
        "fit (chrom_end 1, chrom_missing 1)"
    )
    rejected = schemas.read_table(folder / "out.zarr/rejected.parquet", schemas.DROPPED)
    assert rejected["transcript_id"].to_list() == ["far", "lost"]


def test_the_command_takes_mature_transcripts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--mature", "m.fa", "--name", "own.reads", "--species", "Toy species")
    assert run(monkeypatch, folder, *words) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == [
        "m.fa: FASTA of 2 mature transcripts",
        "m.fa: 2 transcripts without exons, whose splice track is zeros",
    ]
    assert lines[2].startswith("out.zarr: own.reads, 2 transcripts, 6 nt, 0 with a CDS")
    assert not (folder / "out.annotation").exists()


@pytest.mark.parametrize(
    ("output", "report"),
    [
        ("my.zarr", "my.annotation"),
        ("s1.isoquant", "s1.isoquant.annotation"),
        ("my.annotation", "my.annotation.annotation"),
    ],
)
def test_every_store_has_a_report_of_its_own(output: str, report: str) -> None:
    assert report_folder(Path("a") / output) == Path("a") / report


@pytest.mark.parametrize("output", [".", "/"])
def test_a_store_needs_a_name(output: str) -> None:
    with pytest.raises(OrthrusError, match=r"--output: .* cannot be a store; name a new folder"):
        report_folder(Path(output))


@pytest.mark.parametrize("mine", ["out.annotation", "out.annotation/notes.txt"])
def test_a_report_that_cannot_be_written_leaves_no_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch, mine: str
) -> None:
    (folder / mine).parent.mkdir(exist_ok=True)
    (folder / mine).touch()
    assert run(monkeypatch, folder, "--bed", "all.bed", "--fasta", "g.fa.bgz") == 2
    assert not (folder / "out.zarr").exists()


def test_a_cds_that_always_spans_the_transcript_is_pointed_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, folder, "--bed", "all.bed", "--genome", "g.fa") == 0
    assert "all.bed: every CDS spans its whole transcript" in capsys.readouterr().err


BAD: list[tuple[str, str]] = [
    ("", "nothing to read; give --annotation and --genome, or --mature"),
    ("--gtf all.bed", "--annotation: needs its genome; give --genome"),
    ("--fasta m.fa", "--genome: needs --annotation; or give --mature if the file holds"),
    ("--mature m.fa --gtf all.bed", "--mature: transcripts need no annotation"),
    ("--gtf all.bed --fasta g.fa --features f", "--features: goes with --mature"),
    ("--gtf empty.gtf --fasta g.fa", "empty.gtf: is empty"),
    ("--gtf comments.gtf --fasta g.fa", "comments.gtf: is no gene table"),
    ("--gtf g.fa --fasta all.bed", "g.fa: is no gene table"),
    ("--gtf all.bed --fasta all.bed", "all.bed: is neither FASTA nor 2bit"),
    ("--gtf all.bed --fasta none.fa", "none.fa: cannot be read: No such file"),
    ("--gtf all.bed --fasta p.fa", "p.fa: holds proteins"),
    ("--gtf all.bed --fasta other.fa", "all.bed: no sequence of the annotation is in the genome"),
    ("--gtf my.isoforms.bed --fasta g.fa", "1 of 6 rows are malformed"),
    ("--mature g.fa", "g.fa: looks like a genome"),
    ("--mature p.fa", "p.fa: holds proteins"),
    ("--mature all.bed", "all.bed: is no FASTA"),
    ("--mature twice.fa", "twice.fa: more than one transcript is named t1"),
    ("--mature m.fa --name own", "--name: 'own' is not <assembly>.<annotation>"),
    ("--mature m.fa --set min_intron=3", "unknown key 'min_intron'"),
]


@pytest.mark.parametrize(("words", "message"), BAD)
def test_a_mistake_is_one_line_and_leaves_nothing(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    message: str,
) -> None:
    before = sorted(folder.rglob("*"))
    assert run(monkeypatch, folder, *words.split()) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert sorted(folder.rglob("*")) == before

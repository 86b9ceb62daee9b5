import gzip
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyfaidx import Fasta
from transcripts_helpers import (
    Transcript,
    annotated_frames,
    oracle,
    table,
    write_fasta,
    write_twobit,
)

from orthrus import schemas
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.errors import OrthrusError
from orthrus.transcripts.codes import decode
from orthrus.transcripts.encode import _keep as keep_rows
from orthrus.transcripts.encode import encode, encode_store
from orthrus.transcripts.store import Store

SETTINGS = TranscriptsSettings()
GENOME = {"chr1": "CCATGGCNTAAttgacgtANNacgtagctgatcgg", "chr2": "ATGTGA"}


def one(strand: str = "+", **changes: object) -> Transcript:
    values = {"exons": [(2, 8), (8, 11)], "frames": [0, 0], "cds": (2, 11)} | changes
    return Transcript("t1", "chr1", strand, **values)


@pytest.fixture(scope="module")
def genome_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fasta(tmp_path_factory.mktemp("genome") / "genome.fa", GENOME)


def tracks(genome: Path, transcript: Transcript, phase: str = "annotated") -> np.ndarray:
    settings = TranscriptsSettings(codon_phase=phase)
    return decode(encode(table([transcript]), genome, settings).codes)


def marks(track: np.ndarray) -> list[int]:
    return np.flatnonzero(track).tolist()


def test_a_transcript_read_by_eye(genome_file: Path) -> None:
    found = tracks(genome_file, one())
    assert marks(found[:, 0]) == [0, 7, 8]  # ATGGCNTAA
    assert marks(found[:, 4]) == [0, 3, 6]
    assert marks(found[:, 5]) == [5, 8]
    assert found[5, :4].tolist() == [0, 0, 0, 0]


def test_the_minus_strand_read_by_eye(genome_file: Path) -> None:
    found = tracks(genome_file, one("-"))
    assert marks(found[:, 3]) == [0, 1, 8]  # TTANGCCAT
    assert marks(found[:, 4]) == [0, 3, 6]
    assert marks(found[:, 5]) == [2, 8]


def test_annotated_frames_may_break_inside_the_cds(genome_file: Path) -> None:
    broken = one(frames=[0, 2])
    assert marks(tracks(genome_file, broken)[:, 4]) == [0, 3, 7]
    assert marks(tracks(genome_file, broken, "from_cds_start")[:, 4]) == [0, 3, 6]


def test_an_incomplete_cds_may_start_off_frame(genome_file: Path) -> None:
    late = one(frames=[2, 2])
    assert marks(tracks(genome_file, late)[:, 4]) == [1, 4, 7]
    assert marks(tracks(genome_file, late, "from_cds_start")[:, 4]) == [0, 3, 6]


def test_a_non_coding_transcript_has_no_codons(genome_file: Path) -> None:
    assert not tracks(genome_file, one(frames=[-1, -1], cds=None))[:, 4].any()


@st.composite
def transcripts(draw: st.DrawFn) -> tuple[str, Transcript]:
    """A chromosome and a transcript on it: exons may be one base long and abut each other."""
    steps = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9)), min_size=1, max_size=7))
    exons, place = [], 0
    for gap, length in steps:
        exons.append((place + gap, place + gap + length))
        place += gap + length
    size = place + draw(st.integers(0, 3))
    sequence = draw(st.text("ACGTNacgtnRu", min_size=size, max_size=size))
    strand = draw(st.sampled_from("+-"))
    bases = [place for start, end in exons for place in range(start, end)]
    edges = sorted({edge for start, end in exons for edge in (start, end - 1)})
    places = st.sampled_from(bases) | st.sampled_from(edges)
    cds = None
    frames = [-1] * len(exons)
    if draw(st.booleans()):
        first, last = sorted((draw(places), draw(places)))
        cds = (first, last + 1)
        frames = annotated_frames(exons, cds, strand)
        if draw(st.booleans()):
            frames = [frame if frame < 0 else draw(st.integers(0, 2)) for frame in frames]
    return sequence, Transcript("t1", "c", strand, exons, frames, cds)


@given(transcripts(), st.sampled_from(["annotated", "from_cds_start"]))
def test_equals_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[str, Transcript], phase: str
) -> None:
    sequence, transcript = case
    path = write_fasta(tmp_path_factory.mktemp("case") / "genome.fa", {"c": sequence}, width=5)
    with Fasta(str(path)) as genome:
        expected = oracle(genome, transcript, from_cds_start=phase == "from_cds_start")
    assert np.array_equal(tracks(path, transcript, phase), expected)


def test_rows_keep_the_order_of_the_table(genome_file: Path) -> None:
    rows = [
        Transcript("b", "chr2", "-", [(0, 6)], [0], (0, 6)),
        Transcript("a", "chr1", "+", [(2, 11)], [0], (2, 11)),
        Transcript("c", "chr2", "+", [(0, 6)], [0], (0, 6)),
    ]
    encoded = encode(table(rows), genome_file, SETTINGS)
    with Fasta(str(genome_file)) as genome:
        expected = np.concatenate([oracle(genome, row) for row in rows])
    assert encoded.offsets.tolist() == [0, 6, 15, 21]
    assert np.array_equal(decode(encoded.codes), expected)


def test_what_does_not_fit_is_rejected_with_its_reason(genome_file: Path) -> None:
    rows = [
        Transcript("t0", "chr1", "+", [(0, 4)], [-1]),
        Transcript("t1", "chr9", "+", [(0, 4)], [-1]),
        Transcript("t2", "chr2", "+", [(0, 2), (4, 7)], [-1, -1]),
        Transcript("t3", "chr2", "-", [(0, 6)], [-1]),
    ]
    encoded = encode(table(rows), genome_file, TranscriptsSettings(max_rejected=0.5))
    assert encoded.table["transcript_id"].to_list() == ["t0", "t3"]
    assert encoded.offsets.tolist() == [0, 4, 10]
    with Fasta(str(genome_file)) as genome:
        expected = np.concatenate([oracle(genome, rows[0]), oracle(genome, rows[3])])
    assert np.array_equal(decode(encoded.codes), expected)
    assert encoded.rejected.rows() == [
        ("t1", "chr9", "chrom_missing", "the genome has no chr9", 2),
        ("t2", "chr2", "chrom_end", "ends at 7, chr2 has 6 nt", 3),
    ]
    with pytest.raises(OrthrusError, match=r"2 of 4 transcripts do not fit.*t1: the genome has no"):
        encode(table(rows), genome_file, TranscriptsSettings(max_rejected=0.49))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 300)), min_size=1), st.randoms())
def test_what_is_kept_moves_within_its_array(
    rows: list[tuple[bool, int]], random: random.Random
) -> None:
    keep, lengths = (np.array(part) for part in zip(*rows, strict=True))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    codes = np.frombuffer(random.randbytes(int(offsets[-1])), np.uint8).copy()
    expected = codes[np.repeat(keep, lengths)]
    kept = keep_rows(codes, offsets, keep)
    assert np.array_equal(kept, expected)
    assert kept.base is codes


def test_names_without_a_sequence_are_counted(tmp_path: Path, genome_file: Path) -> None:
    rows = [
        Transcript(f"t{i}", name, "+", [(0, 4)], [-1])
        for i, name in enumerate(["chr1", "2", "chr9", "chr9"])
    ]
    settings = TranscriptsSettings(max_rejected=0.5)
    store = tmp_path / "a.zarr"
    encoded = encode_store(write(tmp_path / "t", rows), genome_file, store, settings)
    assert encoded.tell_names() == "1 of 3 sequence names unmatched (50.0% of rows)"
    assert Store.open(store).attributes["sequence_names"] == {
        "exact": 1, "renamed": 1, "ambiguous": 0, "missing": 1, "unmatched_share": 0.5,
    }  # fmt: skip


def test_no_row_left_fails_whatever_is_allowed(genome_file: Path) -> None:
    lost = table([Transcript("t1", "chr9", "+", [(0, 4)], [-1])])
    with pytest.raises(OrthrusError, match="the annotation says chr9, the genome chr1; give"):
        encode(lost, genome_file, TranscriptsSettings(max_rejected=1))
    outside = table([Transcript("t1", "chr2", "+", [(0, 7)], [-1])])
    with pytest.raises(OrthrusError, match="1 of 1 transcripts do not fit"):
        encode(outside, genome_file, TranscriptsSettings(max_rejected=1))


def test_chromosomes_are_found_by_their_other_names(tmp_path: Path) -> None:
    genome = write_fasta(tmp_path / "g.fa", {"PVKX01003706.1": "ATGTAA", "NC_01.1": "GATTACA"})
    (tmp_path / "aliases.txt").write_text("#a\tb\nchr7\tNC_01.1\n")
    rows = [
        Transcript("t1", "PVKX01003706", "+", [(0, 6)], [0], (0, 6)),
        Transcript("t2", "7", "+", [(0, 4)], [-1]),
    ]
    store = tmp_path / "a.zarr"
    encode_store(write(tmp_path / "t", rows), genome, store, SETTINGS, tmp_path / "aliases.txt")
    made = Store.open(store)
    assert made.table["chrom"].to_list() == ["PVKX01003706", "7"]
    assert [decode(made[name])[:, 2].sum() for name in ("t1", "t2")] == [1, 1]
    assert set(made.attributes["inputs"]) == {"genome", "table", "aliases"}


@pytest.mark.parametrize("order", [["1", "chr1", "Chr1"], ["chr1", "Chr1", "1"]])
def test_a_chromosome_of_that_very_name_comes_first(tmp_path: Path, order: list[str]) -> None:
    sequences = {"1": "ACGT", "chr1": "CC", "Chr1": "GGGGG"}
    genome = write_fasta(tmp_path / "g.fa", {name: sequences[name] for name in order})
    encoded = encode(table([Transcript("t1", "1", "+", [(0, 4)], [-1])]), genome, SETTINGS)
    assert (encoded.codes & 3).tolist() == [0, 1, 2, 3]


def test_a_name_that_may_mean_two_chromosomes_is_rejected(tmp_path: Path) -> None:
    genome = write_fasta(tmp_path / "g.fa", {"chr1": "CC", "Chr1": "GG", "x": "TT"})
    rows = [Transcript(f"t{i}", name, "+", [(0, 2)], [-1]) for i, name in enumerate("1x")]
    encoded = encode(table(rows), genome, TranscriptsSettings(max_rejected=0.5))
    assert encoded.rejected.rows() == [("t0", "1", "chrom_ambiguous", "1 may be chr1 or Chr1", 1)]
    assert (encoded.codes & 3).tolist() == [3, 3]


def write(path: Path, rows: list[Transcript]) -> Path:
    schemas.write_table(table(rows), path, schemas.TRANSCRIPTS)
    return path


def test_a_store_is_the_same_from_any_form_of_the_genome(tmp_path: Path, genome_file: Path) -> None:
    rows = write(tmp_path / "t.parquet", [one(), Transcript("t2", "chr2", "-", [(0, 6)], [-1])])
    packed = write_twobit(tmp_path / "genome.2bit", GENOME)
    encode_store(rows, genome_file, tmp_path / "a.zarr", SETTINGS)
    encode_store(rows, packed, tmp_path / "b.zarr", SETTINGS)
    first, second = Store.open(tmp_path / "a.zarr"), Store.open(tmp_path / "b.zarr")
    assert first.digest == second.digest
    assert first.attributes["inputs"]["genome"] != second.attributes["inputs"]["genome"]
    assert first.attributes["inputs"]["table"] == second.attributes["inputs"]["table"]


def test_a_rerun_gives_the_same_bytes(tmp_path: Path, genome_file: Path) -> None:
    rows = write(tmp_path / "t.parquet", [one()])
    contents = []
    for name in ("a.zarr", "elsewhere/b.zarr"):
        encode_store(rows, genome_file, tmp_path / name, SETTINGS)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        contents.append([(str(p.relative_to(tmp_path / name)), p.read_bytes()) for p in files])
    assert contents[0] == contents[1]
    assert len(contents[0]) == 7


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "holds no transcript"),
        (
            [one(), Transcript("t2", "chr2", "+", [(0, 6)], [-1], annotation_set="b.c")],
            r"mixes the annotation sets \['b.c', 'toy1.toy'\]",
        ),
        ([one(exons=[(2, 8), (7, 11)])], "transcript t1: exons overlap"),
    ],
)
def test_bad_tables_leave_nothing_behind(
    tmp_path: Path, genome_file: Path, rows: list[Transcript], message: str
) -> None:
    path = write(tmp_path / "t.parquet", rows)
    with pytest.raises(OrthrusError, match=message) as caught:
        encode_store(path, genome_file, tmp_path / "out" / "a.zarr", SETTINGS)
    assert str(path) in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("genome", "is neither FASTA nor 2bit"),
        ("genome", "holds more than one sequence 'chr1'"),
        ("genome", "cannot be read"),
        ("genome", "the gzip stream is truncated"),
        ("aliases", "sequence chr1 has 35 nt, the aliases say 36"),
        ("aliases", "line 1: has one field"),
        ("table", "transcript t1: exons overlap"),
        ("table", "no sequence of the annotation is in the genome"),
        ("table", "1 of 1 transcripts do not fit"),
        ("table", "cannot be read"),
    ],
)
def test_an_error_names_the_file_at_fault_first(tmp_path: Path, fault: str, message: str) -> None:
    paths = {name: tmp_path / name for name in ("table", "genome", "aliases")}
    row = one()
    write_fasta(paths["genome"], GENOME)
    paths["aliases"].write_text("chr1\t36\n" if "36" in message else "chr1\t35\n")
    if "one field" in message:
        paths["aliases"].write_text("chr1\n")
    if "neither" in message:
        paths["genome"].write_text("ACGT\n")
    if "more than one" in message:
        paths["genome"].write_text(2 * paths["genome"].read_text())
    if "gzip" in message:
        paths["genome"].write_bytes(gzip.compress(paths["genome"].read_bytes() * 99)[:-9])
    if "overlap" in message:
        row = one(exons=[(2, 8), (7, 11)])
    if "no sequence" in message:
        row.chrom = "scaffold1"
    if "do not fit" in message:
        row = one(exons=[(2, 8), (8, 99)])
    write(paths["table"], [row])
    if "cannot be read" in message:
        paths[fault].unlink()
    with pytest.raises(OrthrusError) as caught:
        encode_store(
            *(paths[k] for k in ("table", "genome")), tmp_path / "s", SETTINGS, paths["aliases"]
        )
    assert str(caught.value).startswith(f"{paths[fault]}: {message}")

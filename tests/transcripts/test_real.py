"""Every table of the real mirror, against the slow oracle and published counts."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pyfaidx import Fasta
from transcripts_helpers import Transcript, oracle, read_dump, read_projections

from orthrus.annotation.build import Files, build
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.annotation import AnnotationSettings
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.transcripts.codes import decode
from orthrus.transcripts.encode import encode_store
from orthrus.transcripts.store import Store

# Rows, coding rows, complete rows; of these with ATG, with a stop codon.
TABLES = {
    "hg38.ncbiRefSeq": (330, 230, 230, 230, 230),
    "hg38.wgEncodeGencodeBasicV43": (44, 23, 23, 23, 23),
    "hg38.wgEncodeGencodeCompV43": (105, 41, 30, 30, 30),
    "mm10.ncbiRefSeq": (47, 37, 37, 37, 37),
    "mm10.wgEncodeGencodeBasicVM23": (41, 29, 6, 6, 6),
    "rn6.ncbiRefSeq": (3, 3, 3, 3, 3),
    "canFam4.ncbiRefSeq": (9, 9, 9, 9, 9),
    "bosTau9.ncbiRefSeq": (8, 8, 8, 8, 8),
    "galGal6.ncbiRefSeq": (5, 5, 5, 5, 5),
    "ce11.ncbiRefSeq": (295, 295, 295, 295, 295),
    "dm6.ncbiRefSeq": (235, 235, 235, 235, 235),
}

# Projections; of these with ATG, with a stop codon, with both.
QUERIES = {
    "mm10": (14, 14, 14, 14),
    "canFam3": (14, 12, 14, 12),
    "bosTau8": (14, 13, 14, 13),
    "rheMac3": (14, 9, 14, 9),
    "rn6": (4, 4, 4, 4),
    "galGal4": (12, 9, 11, 8),
    "monDom5": (18, 9, 14, 5),
}

UCSC = "mirror/hgdownload.soe.ucsc.edu/goldenPath"
TOGA = "mirror/genome.senckenberg.de/download/TOGA/human_hg38_reference"

Make = Callable[[Path, str], Store]


@pytest.fixture
def make(real_data: Path, tmp_path: Path) -> Make:
    """Build the store of a gene table from its compressed genome."""

    def make(source: Path, annotation_set: str) -> Store:
        label = SetMetadata(annotation_set, "Real species")
        build(Files(source), label, AnnotationSettings()).write(tmp_path / "annotation")
        assembly = label.assembly
        genome = real_data / UCSC / assembly / "bigZips" / f"{assembly}.fa.gz"
        rows = tmp_path / "annotation" / "transcripts.parquet"
        encode_store(rows, genome, tmp_path / "a.zarr", TranscriptsSettings())
        return Store.open(tmp_path / "a.zarr")

    return make


@pytest.fixture(scope="module")
def genome(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Fasta]]:
    """Open the uncompressed genome of an assembly with an index."""
    folder, opened = tmp_path_factory.mktemp("genomes"), {}

    def genome(assembly: str) -> Fasta:
        if assembly not in opened:
            packed = real_data / UCSC / assembly / "bigZips" / f"{assembly}.fa.gz"
            (folder / f"{assembly}.fa").write_bytes(gzip.decompress(packed.read_bytes()))
            opened[assembly] = Fasta(str(folder / f"{assembly}.fa"))
        return opened[assembly]

    yield genome
    for handle in opened.values():
        handle.close()


def assert_equals_oracle(store: Store, genome: Fasta, transcripts: list[Transcript]) -> None:
    expected = {transcript.name: transcript for transcript in transcripts}
    assert sorted(store.table["transcript_id"]) == sorted(expected)
    for row, name in enumerate(store.table["transcript_id"]):
        assert np.array_equal(decode(store[row]), oracle(genome, expected[name])), name


def letters(tracks: np.ndarray) -> str:
    bases = np.where(tracks[:, :4].any(axis=1), tracks[:, :4].argmax(axis=1), 4)
    return "".join("ACGTN"[base] for base in bases)


def ends_are_codons(store: Store, ends: dict[int, int]) -> tuple[list[bool], list[bool]]:
    """Tell of rows and their CDS ends whether they start at ATG, and end in a stop codon."""
    starts, stops = [], []
    for row, end in ends.items():
        tracks = decode(store[row])
        first = int(tracks[:, 4].argmax())
        starts.append(letters(tracks[first : first + 3]) == "ATG")
        stops.append(letters(tracks[end - 3 : end]) in ("TAA", "TAG", "TGA"))
    return starts, stops


def last_codon_end(codes: np.ndarray) -> int:
    return int(np.flatnonzero(decode(codes)[:, 4])[-1]) + 3


@pytest.mark.parametrize("key", TABLES)
def test_gene_tables(real_data: Path, make: Make, genome: Callable[[str], Fasta], key: str) -> None:
    assembly, _, name = key.partition(".")
    source = real_data / UCSC / assembly / "database" / f"{name}.txt.gz"
    store = make(source, key)
    assert_equals_oracle(store, genome(assembly), read_dump(source, key))
    stats = store.table.select("cds_start_stat", "cds_end_stat").to_numpy()
    complete = np.flatnonzero((stats == "cmpl").all(axis=1))
    ends = {int(row): last_codon_end(store[int(row)]) for row in complete}
    starts, stops = ends_are_codons(store, ends)
    coding = store.table["cds_start"].count()
    assert (len(store), coding, len(complete), sum(starts), sum(stops)) == TABLES[key]


@pytest.mark.parametrize("query", QUERIES)
def test_projections(
    real_data: Path, make: Make, genome: Callable[[str], Fasta], query: str
) -> None:
    (source,) = (real_data / TOGA).glob(f"*/*__{query}/geneAnnotation.bed.gz")
    store = make(source, f"{query}.toga_hg38")
    assert_equals_oracle(store, genome(query), read_projections(source, f"{query}.toga_hg38"))
    # Projections are coding to their end, but some hold frame shifts: the last codon start may be
    # less than three bases before it.
    ends = {row: len(store[row]) for row in range(len(store))}
    starts, stops = ends_are_codons(store, ends)
    both = sum(np.logical_and(starts, stops))
    assert (len(store), sum(starts), sum(stops), both) == QUERIES[query]

"""Genomes, mature transcripts and what is known of them, transcript tables, and stores."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from fuzz_helpers import (
    attempt,
    damaged_bytes,
    damaged_json,
    damaged_parquet,
    damaged_text,
    filled_lines,
    fuzzing,
)
from fuzz_helpers import given as written
from hypothesis import given
from hypothesis import strategies as st
from transcripts_helpers import Transcript, annotated_frames, table, write_twobit

from orthrus import schemas
from orthrus.annotation.normalize import SetMetadata
from orthrus.config.transcripts import TranscriptsSettings
from orthrus.transcripts import spliced_fasta
from orthrus.transcripts.encode import Encoded, encode_store
from orthrus.transcripts.store import Store, write_store

LABEL = SetMetadata("own.test", "Toy species")
LENIENT = TranscriptsSettings(max_rejected=1)
GENOME = {"chr1": "CCATGGCNTAAttgacgtANNacgtagctgatcgg", "chr2": "ATGTGA"}
FASTA = "".join(f">{name} AC:CM0006{name[3:]}.2\n{bases}\n" for name, bases in GENOME.items())


def toy(name: str, chrom: str, strand: str, exons: list[tuple[int, int]]) -> Transcript:
    cds = (exons[0][0], exons[-1][1])
    return Transcript(name, chrom, strand, exons, annotated_frames(exons, cds, strand), cds)


ROWS = table(
    [
        toy("a", "chr1", "+", [(2, 8), (9, 11)]),
        toy("b", "chr1", "-", [(2, 8), (20, 30)]),
        toy("c", "chr2", "+", [(0, 6)]),
    ]
)


def encoded(folder: Path, parser: str, genome: Path, rows: Path | None = None) -> Encoded | None:
    """Encode transcripts; each is held or rejected, and what is held can be read back."""
    if rows is None:
        rows = folder / "rows.parquet"
        schemas.write_table(ROWS, rows, schemas.TRANSCRIPTS)
    store = folder / "out.zarr"
    shutil.rmtree(store, ignore_errors=True)
    made = attempt(parser, folder, lambda: encode_store(rows, genome, store, LENIENT))
    if made is not None:
        Store.open(store).verify()
        names = pl.concat([made.table["transcript_id"], made.rejected["transcript_id"]])
        assert sorted(names) == sorted(pl.read_parquet(rows)["transcript_id"])
    assert (made is None) != store.exists()
    return made


@fuzzing
@given(drawn=st.one_of(damaged_text(FASTA, " "), damaged_text(FASTA, "A")))
def test_a_damaged_fasta(tmp_path: Path, drawn: bytes) -> None:
    encoded(tmp_path, "transcripts: genome as FASTA", written(tmp_path, "genome", drawn))


@fuzzing
@given(data=st.data())
def test_a_damaged_2bit(tmp_path: Path, data: st.DataObject) -> None:
    whole = write_twobit(tmp_path / "whole", GENOME, data.draw(st.sampled_from("<>")))
    drawn = data.draw(damaged_bytes(whole.read_bytes()))
    encoded(tmp_path, "transcripts: genome as 2bit", written(tmp_path, "genome", drawn))


@fuzzing
@given(data=st.data())
def test_a_damaged_transcript_table(tmp_path: Path, data: st.DataObject) -> None:
    genome = written(tmp_path, "genome", FASTA.encode())
    rows = written(tmp_path, "rows.parquet", data.draw(damaged_parquet(ROWS, tmp_path)))
    encoded(tmp_path, "transcripts: transcript table", genome, rows)


# Headers as GENCODE, Ensembl and gffread write them, shortened.
MATURE = (
    ">ENST00000641515.2|ENSG00000186092.7|OTTHUMG1|OTTHUMT1|OR4F5-201|OR4F5|12|UTR5:1-2|CDS:3-11|"
    "UTR3:12-12|\nACATGGCNTAAT\n"
    ">ENST00000632684.1 cdna chromosome:GRCh38:7:1:12:1 gene:ENSG00000282431.1 "
    "transcript_biotype:TR_D_gene gene_symbol:TRBD1\nGGGACAGGGGGC\n"
    ">NM_1 gene=ABC CDS=4-9 segs:1-4,5-12\nACGTACGT\nACGT\n"
)
FEATURES = (
    "transcript_id\tcds\texons\tgene_name\n"
    "NM_1\t1-6\t1-4,5-12\tABC\nENST00000632684.1\t\t1-12\t\nENST00000641515.2\t3-11\t\tOR4F5\n"
)


def read_mature(folder: Path, parser: str, fasta: bytes, features: bytes | None) -> None:
    path = written(folder, "mature.fa", fasta)
    beside = written(folder, "features.tsv", features) if features is not None else None
    made = attempt(parser, folder, lambda: spliced_fasta.read_spliced(path, beside, LABEL))
    if made is None:
        return
    lines = filled_lines(fasta, b"\0\0")
    if lines is not None:
        lines[0] = lines[0].lstrip()  # blanks before the first record do no harm
        assert len(made.table) == sum(line.startswith(">") for line in lines)
    assert (np.diff(made.offsets) > 0).all()
    assert made.offsets[-1] == len(made.codes) == made.table["length"].sum()
    schemas.check(made.table, schemas.TRANSCRIPTS)


@fuzzing
@given(drawn=st.one_of(damaged_text(MATURE, " "), damaged_text(MATURE, "|")))
def test_damaged_mature_transcripts(tmp_path: Path, drawn: bytes) -> None:
    read_mature(tmp_path, "transcripts: mature FASTA", drawn, None)


@fuzzing
@given(drawn=damaged_text(FEATURES))
def test_a_damaged_feature_table(tmp_path: Path, drawn: bytes) -> None:
    read_mature(tmp_path, "transcripts: feature table", MATURE.encode(), drawn)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "a.zarr"
    lengths = ROWS["length"].to_numpy()
    codes = (np.arange(lengths.sum()) % 4).astype(np.uint8)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    about = {"annotation_set": "toy1.toy", "inputs": {}, "codon_phase": "annotated"}
    write_store(folder, codes, offsets, ROWS, schemas.DROPPED.empty(), about)
    return folder


@pytest.mark.parametrize("name", ["zarr.json", "codes/zarr.json", "offsets/zarr.json"])
@fuzzing
@given(data=st.data())
def test_damaged_metadata_of_a_store(
    tmp_path: Path, store: Path, name: str, data: st.DataObject
) -> None:
    drawn = data.draw(damaged_json(json.loads((store / name).read_bytes())))
    open_damaged(tmp_path, store, name, drawn)


@pytest.mark.parametrize("name", ["codes/c/0", "offsets/c/0"])
@fuzzing
@given(data=st.data())
def test_damaged_codes_of_a_store(
    tmp_path: Path, store: Path, name: str, data: st.DataObject
) -> None:
    open_damaged(tmp_path, store, name, data.draw(damaged_bytes((store / name).read_bytes())))


@fuzzing
@given(data=st.data())
def test_a_damaged_table_of_a_store(tmp_path: Path, store: Path, data: st.DataObject) -> None:
    open_damaged(tmp_path, store, "table.parquet", data.draw(damaged_parquet(ROWS, tmp_path)))


def open_damaged(folder: Path, store: Path, name: str, drawn: bytes) -> None:
    """Open a store of which one file is damaged: refused, or all of it is as it was."""
    copy = folder / "a.zarr"
    if not copy.exists():
        shutil.copytree(store, copy)
    (copy / name).write_bytes(drawn)

    def read() -> tuple[bytes, list[int]]:
        opened = Store.open(copy)
        opened.verify()
        opened.gather(range(len(opened)))
        return opened.codes().tobytes(), opened.offsets.tolist()

    found = attempt("transcripts: store", copy, read)
    whole = Store.open(store)
    assert found in (None, (whole.codes().tobytes(), whole.offsets.tolist()))

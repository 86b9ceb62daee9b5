"""Label sources and stores made for tests of the tasks stage."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from orthrus import schemas
from orthrus.transcripts.store import Store, write_store


def processed_rows(n: int = 4) -> dict[str, list[Any]]:
    """Return the columns of a processed regression file of `n` rows without a transcript column."""
    sequences = ["ACGTNacgu"[: 3 + row % 7] for row in range(n)]
    return {
        "gene": [f"ENSG0000000000{row}.{row + 1}" if row % 2 else f"Gene{row}" for row in range(n)],
        "chromosome": [f"chr{1 + row % 3}" for row in range(n)],
        "sequence": sequences,
        "cds": [[int(at % 3 == 0) for at in range(len(text))] for text in sequences],
        "splice": [[0] * (len(text) - 1) + [1] for text in sequences],
        "target": [0.5 * row for row in range(n)],
    }


def write_processed(path: Path, columns: dict[str, list[Any]]) -> Path:
    """Write `columns` as a processed file, its tracks as int8 lists."""
    tracks = {name: pl.List(pl.Int8) for name in ("cds", "splice") if name in columns}
    pl.DataFrame(columns, schema_overrides=tracks, strict=False).write_parquet(path)
    return path


def npz_arrays(n: int = 4, length: int = 12) -> dict[str, Any]:
    """Return the arrays of an npz release: row i has 3 + i random bases, the second one unknown."""
    rng = np.random.default_rng(n)
    tracks = np.zeros((n, length, 6), dtype=np.int8)
    for row in range(n):
        size = 3 + row
        tracks[row, np.arange(size), rng.integers(0, 4, size)] = 1
        tracks[row, 1, :4] = 0
        tracks[row, :size:3, 4] = 1
        tracks[row, size - 1, 5] = 1
    genes = np.array([f"Gene{row}" for row in range(n)])
    return {"X": tracks, "y": np.arange(n, dtype=np.float32), "genes": genes}


def write_npz(path: Path, **arrays: Any) -> Path:
    """Write arrays, compressed; those that are None are left out."""
    np.savez_compressed(
        path, **{name: array for name, array in arrays.items() if array is not None}
    )
    return path


def transcript(
    name: str, gene: str | None, symbol: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return a row of `gene_store`; by default nine bases of CDS in one exon."""
    return {"transcript_id": name, "gene_id": gene, "gene_name": symbol, "length": 9} | more


def transcript_table(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return TRANSCRIPTS rows, coding where `cds` (start, end) does not say otherwise."""
    filled = []
    for row in rows:
        own = dict(row)
        start, end = own.pop("cds", (0, 9))
        filled.append(
            dict.fromkeys(schemas.TRANSCRIPTS.columns)
            | {"annotation_set": "hg38.test", "assembly": "hg38", "species": "Homo sapiens"}
            | {"taxon_id": 9606, "chrom": "chr1", "strand": "+", "tx_start": 0, "tags": []}
            | {"tx_end": own["length"], "exon_starts": [0], "exon_ends": [own["length"]]}
            | {"exon_frames": [0], "cds_start_stat": "cmpl", "cds_end_stat": "cmpl"}
            | {"origin": "annotation", "mature_cds_start": start, "mature_cds_end": end}
            | own
        )
    return pl.DataFrame(filled, schema=schemas.TRANSCRIPTS.schema)


def gene_store(path: Path, rows: Sequence[dict[str, Any]], seed: int = 0) -> Store:
    """Write a store of transcripts with random bases."""
    table = transcript_table(rows)
    offsets = np.concatenate(([0], table["length"].to_numpy().cumsum())).astype(np.int64)
    codes = np.random.default_rng(seed).integers(0, 4, offsets[-1]).astype(np.uint8)
    about = {"annotation_set": "hg38.test"}
    write_store(path, codes, offsets, table, schemas.DROPPED.empty(), about)
    return Store.open(path)


def write_lines(path: Path, *lines: Sequence[object]) -> Path:
    """Write tab-separated lines."""
    path.write_text("".join("\t".join(map(str, line)) + "\n" for line in lines))
    return path


def damaged(path: Path) -> Path:
    """Flip a byte inside the first member of a zip archive."""
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
    content = bytearray(path.read_bytes())
    content[first.header_offset + 60 + first.compress_size // 2] ^= 0xFF
    path.write_bytes(content)
    return path


OBO = """format-version: 1.2
data-version: releases/2023-01-01
ontology: go

[Term]
id: GO:0003674
name: molecular_function
namespace: molecular_function
alt_id: GO:0005554
def: "A molecular process. Note: [Term]" [GOC:pdt]

[Term]
id: GO:0003824
name: catalytic activity
namespace: molecular_function
is_a: GO:0003674 ! molecular_function

[Term]
id: GO:0140096
name: catalytic activity, acting on a protein
namespace: molecular_function
is_a: GO:0003824 {source="x"} ! catalytic activity
relationship: part_of GO:0003674 ! molecular_function
relationship: regulates GO:0008150 ! biological_process

[Term]
id: GO:0008150
name: biological_process
namespace: biological_process

[Term]
id: GO:0000005
name: obsolete ribosomal chaperone activity
namespace: molecular_function
is_obsolete: true

[Typedef]
id: part_of
name: part of
namespace: external
is_transitive: true
"""


def gaf_line(
    symbol: str, term: str, qualifier: str = "enables", aspect: str = "F", taxon: str = "taxon:9606"
) -> tuple[str, ...]:
    return (
        "UniProtKB", "A0A024RBG1", symbol, qualifier, term, "GO_REF:0000043", "IEA",
        "UniProtKB-KW:KW-0694", aspect, "Some enzyme", f"{symbol}|other", "protein", taxon,
        "20230306", "UniProt", "", "",
    )  # fmt: skip

"""Literal worlds of transcripts and stores for the tests of relations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from orthrus.config.relations import CrossSpecies, GroupSettings
from orthrus.relations.build import tabulate
from orthrus.relations.groups import Grouped, group_transcripts
from orthrus.relations.index import Relations
from orthrus.relations.store_tables import FACTS, SetTable
from orthrus.relations.tables_io import Tables
from orthrus.schemas import DROPPED, TRANSCRIPTS
from orthrus.transcripts.store import write_store

SPECIES = {"hg38": "Homo sapiens", "mm10": "Mus musculus", "canFam4": "Canis lupus familiaris"}


def transcript(annotation_set: str, transcript_id: str, **columns: Any) -> dict[str, Any]:
    """Return one row of TRANSCRIPTS: one exon, of 100 nt unless `length` is given."""
    assembly, _, annotation = annotation_set.partition(".")
    length = columns.get("length", 100)
    return {
        **dict.fromkeys(TRANSCRIPTS.columns),
        "transcript_id": transcript_id,
        "annotation_set": annotation_set,
        "assembly": assembly,
        "species": SPECIES.get(assembly, assembly),
        "chrom": "chr1",
        "strand": "+",
        "tx_start": 0,
        "tx_end": length,
        "cds_start_stat": "none",
        "cds_end_stat": "none",
        "exon_starts": [0],
        "exon_ends": [length],
        "exon_frames": [-1],
        "tags": [],
        "origin": "toga" if annotation.startswith("toga_") else "annotation",
        "length": length,
        **columns,
    }


def as_tables(world: Sequence[dict[str, Any]]) -> list[SetTable]:
    """Return the runs of rows of one annotation set as `stores.open_tables` would."""
    tables: list[SetTable] = []
    for _, run in groupby(world, itemgetter("annotation_set")):
        frame = pl.DataFrame(list(run), schema=TRANSCRIPTS.schema)
        start = tables[-1].end if tables else 0
        name, assembly, species, origin = frame.select(FACTS).row(0)
        end = start + len(frame)
        tables.append(SetTable(name, assembly, species, origin, name, start, end, frame.select))
    return tables


def grouped(world: Sequence[dict[str, Any]], cross_species: CrossSpecies = "symbol") -> Grouped:
    return group_transcripts(as_tables(world), cross_species)


def tables_of(world: Sequence[dict[str, Any]], **settings: Any) -> Tables:
    return tabulate(as_tables(world), GroupSettings(**settings))


def relations_of(world: Sequence[dict[str, Any]], **settings: Any) -> Relations:
    return Relations(Path("here"), tables_of(world, **settings))


def write_world(folder: Path, world: Sequence[dict[str, Any]]) -> list[Path]:
    """Write one store for every annotation set of a world, in order of appearance."""
    names = list(dict.fromkeys(row["annotation_set"] for row in world))
    for name in names:
        rows = [row for row in world if row["annotation_set"] == name]
        table = pl.DataFrame(rows, schema=TRANSCRIPTS.schema)
        offsets = np.concatenate([[0], np.cumsum(table["length"])]).astype(np.int64)
        codes = np.zeros(offsets[-1], dtype=np.uint8)
        about = {"annotation_set": name, "inputs": {}, "codon_phase": "annotated"}
        write_store(folder / f"{name}.zarr", codes, offsets, table, DROPPED.empty(), about)
    return [folder / f"{name}.zarr" for name in names]


HUMAN, MOUSE = "hg38.gencode_v43", "mm10.ncbirefseq"
TP53 = {"gene_id": "ENSG00000000001.2", "gene_name": "TP53"}
CLADE = [
    transcript(HUMAN, "ENST00000000001.5", **TP53),
    transcript(HUMAN, "ENST00000000002.1", **TP53),
    transcript(HUMAN, "ENST00000000003.1", gene_id="ENSG00000000003.1", length=5000),
    transcript(MOUSE, "NM_000001.2", gene_name="Tp53"),
    transcript(MOUSE, "NM_000002.1", length=20000),
    transcript("canFam4.toga_hg38", "ENST00000000001.A.7", reference_transcript="ENST00000000001"),
    transcript("canFam4.toga_hg38", "ENST00000000003.B.8", reference_transcript="ENST00000000003"),
    transcript("canFam4.toga_mm10", "NM_000001.Trp53.3", reference_transcript="NM_000001"),
]
"""Two species with isoforms and their projections to the dog: TP53 in both, a gene without symbol,
a transcript without any gene."""

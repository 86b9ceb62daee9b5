"""Relations at the paper's size, beside merely reading their columns and beside a dict of sets.

Ten reference sets and 1,055 sets of projections are made here, with about as many transcripts and
pairs as in the paper's Table 1: Parquet tables with identifiers as published, some of them of
transcripts that the reference sets lack. The dict of sets is built for 1 % of the gene groups,
whole, and its time multiplied by 100. Builds and reading take turns and the median of three counts;
the first build of a process also touches fresh memory, and takes longer. `--quick` makes 1 % of the
genes.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from _harness import Row, aside, both_seconds, main, peak_rss, seconds

from orthrus.config.relations import GroupSettings
from orthrus.relations.build import build_relations, tabulate
from orthrus.relations.counts import count
from orthrus.relations.groups import PROJECTION, REFERENCE
from orthrus.relations.index import Relations
from orthrus.relations.sampling import sample_partner
from orthrus.relations.store_tables import FACTS, open_tables
from orthrus.relations.table1 import PAPER
from orthrus.strings import format_expr
from orthrus.transcripts.store import FORMAT, FORMAT_VERSION, METADATA, TABLE

GENES = 36_000
PROJECTED = 39_700
"""Reference transcripts that are projected to the queries of one reference."""
QUERIES = {"hg38": 528, "mm10": 527}
FOUND, LOST = 0.763, 0.02
"""Shares of projected transcripts that a query has, and that the reference sets lack."""
SPECIES = {
    "hg38.gencode_v43": ("Homo sapiens", 2.4),
    "mm10.gencode_vM23": ("Mus musculus", 1.7),
    "panTro6.ncbirefseq": ("Pan troglodytes", 0.85),
    "canFam4.ncbirefseq": ("Canis lupus familiaris", 0.85),
    "bosTau9.ncbirefseq": ("Bos taurus", 0.85),
    "rn6.ncbirefseq": ("Rattus norvegicus", 0.85),
    "galGal6.ncbirefseq": ("Gallus gallus", 0.85),
    "danRer11.ncbirefseq": ("Danio rerio", 0.85),
    "dm6.ncbirefseq": ("Drosophila melanogaster", 0.85),
    "ce11.ncbirefseq": ("Caenorhabditis elegans", 0.85),
}
"""The reference sets, and how many isoforms a gene has in each beyond the first, on average."""
SPREAD = 1.3
"""Shape of the gamma distribution over genes of these numbers."""
PART = 100
DRAWS = 2_000
LIMIT = 1.5


def measure(quick: bool) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder, written = Path(name, "stores"), Path(name, "relations")
        folder.mkdir()
        aside(make, folder, GENES // PART if quick else GENES)
        os.sync()  # so that nothing is written while we read
        stores = sorted(folder.iterdir())
        build([folder / "hg38.gencode_v43.zarr", folder / "HLqueOne0.toga_hg38.zarr"])  # compiles
        first, (ours, reading) = seconds(lambda: build(stores), 1), both(stores)
        relations = build(stores)
        limits = [
            Row("tables to CSR and counts, s, beside reading them", ours, reading, 3, "at most"),
            Row("… by the first build of a process", first, reading),
            Row("peak RSS, GB, beside the limit", aside(build_alone, stores), LIMIT, 1, "at most"),
            Row("… with writing them", aside(write_built, stores, written), LIMIT),
            Row("… of opening what was written, and drawing", aside(open_and_draw, written), LIMIT),
        ]
        beside = beside_sets(relations, stores, ours, 1 if quick else PART)
        if quick:  # a thousand files of few rows: their number decides
            return beside_paper(relations) + [replace(row, goal=None) for row in limits + beside]
        return beside_paper(relations) + limits + beside


def build(stores: list[Path]) -> Relations:
    relations = Relations(Path("here"), tabulate(open_tables(stores), GroupSettings()))
    count(relations)
    return relations


def both(stores: list[Path]) -> tuple[float, float]:
    """Return the median seconds of builds and of reading, which take turns."""
    return both_seconds(lambda: build(stores), lambda: read(stores), 3)


def build_alone(stores: list[Path]) -> float:
    build(stores)
    return peak()


def write_built(stores: list[Path], folder: Path) -> float:
    build_relations(stores, folder, GroupSettings())
    return peak()


def open_and_draw(folder: Path) -> float:
    relations = Relations.open(folder)
    sample_partner(relations.bases(), relations, seed=0, epoch=0)
    return peak()


def read(stores: list[Path]) -> None:
    for store in stores:
        columns = PROJECTION if ".toga_" in store.name else REFERENCE
        pl.read_parquet(store / TABLE, columns=list(columns))


def beside_paper(relations: Relations) -> list[Row]:
    """Show how near the data sets made come to the sizes of Table 1."""
    found = count(relations)["datasets"]
    return [
        Row(f"{name}: {what}, beside the paper's", found[name][what], size)
        for name, sizes in PAPER.items()
        for what, size in zip(("pairs", "transcripts"), sizes, strict=True)
        if size
    ]


def beside_sets(relations: Relations, stores: list[Path], ours: float, part: int) -> list[Row]:
    """Compare with a dict of sets over one of `part` gene groups."""
    parsing, building, drawing, prepared = aside(sets_of_part, stores, part)
    rows = relations.bases()
    sample_partner(rows[:1], relations, seed=0, epoch=0)  # compiles
    draws = seconds(lambda: sample_partner(rows, relations, seed=0, epoch=0)) / len(rows)
    whole = 1 / (parsing + building)
    return [
        Row("builds per s, beside iterrows and a dict of sets", 1 / ours, whole, 200),
        Row("builds per s, beside the sets alone", 1 / ours, 1 / building),
        Row("partners drawn per s, beside random.choice", 1 / draws, 1 / drawing, 500),
        Row("… beside random.choice from prepared lists", 1 / draws, 1 / prepared),
    ]


def sets_of_part(stores: list[Path], part: int) -> tuple[float, float, float, float]:
    """Return the seconds of parsing all and of all pairs as sets, scaled, and of two sorts of draw.

    Tables are parsed row by row, with `iterrows` of pandas. Draws are from a set, of which a list
    is made each time, and from such lists made before.
    """
    members: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    tables = [pl.read_parquet(store / TABLE).filter(pl.col("part") % part == 0) for store in stores]
    frames = [table.to_pandas() for table in tables]
    start = time.perf_counter()
    for frame in frames:
        for _, row in frame.iterrows():
            toga = row["origin"] == "toga"
            name = row["reference_transcript"] if toga else row["transcript_id"]
            members[row["gene_name"].lower()].append((f"{name}_{row['assembly']}", toga))
    parsed = time.perf_counter()
    pairs: dict[str, set[str]] = {}
    for transcripts in members.values():
        for base, toga in transcripts:
            if not toga:
                pairs[base] = {name for name, _ in transcripts if name != base}
    built = time.perf_counter()
    bases = random.Random(0).choices([base for base, found in pairs.items() if found], k=DRAWS)
    draw = seconds(lambda: [random.choice(list(pairs[base])) for base in bases])
    lists = {base: list(pairs[base]) for base in bases}
    prepared = seconds(lambda: [random.choice(lists[base]) for base in bases])
    return (parsed - start) * part, (built - parsed) * part, draw / DRAWS, prepared / DRAWS


def peak() -> float:
    """Return the largest resident set of this process so far, in GB."""
    return peak_rss() / 1e9


def make(folder: Path, genes: int) -> None:
    """Write the tables of all sets, each where a store has its own."""
    generator = np.random.default_rng(0)
    weight = generator.gamma(SPREAD, 1 / SPREAD, genes)
    for number, (name, (species, more)) in enumerate(SPECIES.items()):
        assembly = name.partition(".")[0]
        gene = np.repeat(np.arange(genes), 1 + generator.poisson(more * weight))
        references = transcripts(generator, gene, number, ensembl=assembly in QUERIES)
        write(folder / name, references, name, species, "annotation")
        if assembly in QUERIES:
            wanted = PROJECTED * genes // GENES
            order = generator.permutation(len(references))[:wanted]
            chosen = project(references[order], generator)
            for query in range(QUERIES[assembly]):
                found = generator.permutation(len(chosen))[: round(FOUND * len(chosen))]
                write(
                    folder / f"HLqueOne{query}.toga_{assembly}",
                    chosen[found],
                    f"HLqueOne{query}.toga_{assembly}",
                    f"Queria prima {query}",
                    "toga",
                )


def transcripts(
    generator: np.random.Generator, gene: np.ndarray, number: int, ensembl: bool
) -> pl.DataFrame:
    """Return the transcripts of the genes of one species, in random order of genes."""
    prefix = f"ENS{'MUS' if number else ''}"
    row = np.arange(len(gene))
    transcript = f"{prefix}T{{}}.{number + 3}" if ensembl else f"NM_{number:02}{{}}.2"
    digits = pl.Series(row + 10**10).cast(pl.String).str.slice(1 if ensembl else 5)
    genes = pl.Series(gene + 10**10).cast(pl.String)
    return pl.DataFrame(
        {
            "digits": digits,
            "gene": genes,
            "length": np.exp(generator.normal(7.7, 0.8, len(row))).astype(np.int64) + 200,
            "part": gene,
        }
    ).select(
        format_expr(transcript, "digits").alias("transcript_id"),
        (
            format_expr(f"{prefix}G{{}}.7", pl.col("gene").str.slice(1))
            if ensembl
            else pl.lit(None, pl.String)
        ).alias("gene_id"),
        format_expr("{}{}", pl.lit("Sym" if number else "SYM"), pl.col("gene").str.slice(6)).alias(
            "gene_name"
        ),
        pl.lit(None, pl.String).alias("reference_transcript"),
        "length",
        "part",
    )


def project(chosen: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
    """Return projections of transcripts, named as TOGA names them."""
    source = pl.col("transcript_id").str.replace(r"\.\d+$", "")
    lost = pl.Series(generator.random(len(chosen)) < LOST)
    renamed = pl.when(lost).then(source.str.replace("T0", "T9")).otherwise(source)
    return chosen.with_columns(
        renamed.alias("reference_transcript"),
        format_expr("{}.{}.{}", renamed, "gene_name", "length").alias("transcript_id"),
        pl.col("gene_id").str.replace(r"\.\d+$", ""),
        (pl.col("length") * 7 // 10),
    )


def write(path: Path, rows: pl.DataFrame, name: str, species: str, origin: str) -> None:
    store = path.with_name(f"{path.name}.zarr")
    store.mkdir()
    about = {"format": FORMAT, "format_version": FORMAT_VERSION, "annotation_set": name}
    (store / METADATA).write_text(json.dumps({"attributes": {**about, "digest": name}}))
    facts = (name, name.partition(".")[0], species, origin)
    table = rows.with_columns(pl.lit(v).alias(n) for n, v in zip(FACTS, facts, strict=True))
    table.write_parquet(store / TABLE, compression_level=3, row_group_size=1 << 17)


if __name__ == "__main__":
    main("relations", measure)

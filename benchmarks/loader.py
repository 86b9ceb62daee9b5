"""Batches of pairs, beside an item-by-item loader over `np.load`; and how much of them is padding.

Pairs of synthetic isoforms and projections, masked and with combined UTRs, on one core: ours from a
corpus in memory, with drawing of partners and planning of batches; the baseline from a compressed
file per transcript, as published. Both give uint8. Padding is measured on the lengths of RefSeq
transcripts of hg38, where ORTHRUS_REAL_DATA names the folder of real data.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from _corpus import real_data, write_genes
from _harness import Row, both_seconds, main, use_one_core

from orthrus import schemas
from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings
from orthrus.config.relations import GroupSettings
from orthrus.pretrain.batching import plan_batches, plan_sizes
from orthrus.pretrain.data import Epoch, PairDataset
from orthrus.relations.build import build_relations
from orthrus.relations.index import Relations
from orthrus.relations.pair_kinds import ORTHOLOG
from orthrus.strings import format_expr
from orthrus.transcripts.codes import CODON_START, EXON_END, decode
from orthrus.transcripts.corpus import Corpus
from orthrus.transcripts.store import write_store

GENES = 8_000
UTR = 30
"""Of the synthetic transcripts, nt."""
FILES = 400
PAIRS = 64
MASKED = 0.3
REFSEQ = "tables/ucsc/hg38.ncbiRefSeq.txt.gz"
SHORT, LONGEST = 3_900, 12_288
LONG_PAIRS, SHORT_PAIRS = 50, 150
TOKENS, GPU_TOKENS = 65_536, 1_200_000
"""Budgets: the default, and what a batch of the paper holds, about 250 synthetic pairs."""


def measure(quick: bool) -> list[Row]:
    use_one_core()
    with tempfile.TemporaryDirectory() as name:
        made = examples(Path(name), GENES // 10 if quick else GENES)
        bases = made.bases()
        run(made, bases[:100], 0)  # compiles
        epoch = made.epoch(bases[:FILES], 1)
        write_items(Path(name), made, epoch)
        rng = np.random.default_rng(0)
        ours, theirs = both_seconds(
            lambda: run(made, bases, 1), lambda: load_items(Path(name), epoch, rng), 5
        )
    speeds = len(bases) / ours, FILES / theirs
    rows = [Row("pairs/s per core, beside npz files", *speeds, 150)]
    if real := real_data():
        rows += padding(pairs_of(real / REFSEQ))
    return rows


def run(made: PairDataset, bases: np.ndarray, number: int) -> None:
    """Draw and make all batches of an epoch."""
    epoch = made.epoch(bases, number)
    for batch in range(len(epoch.plan)):
        made.batch(epoch, batch, masked=True)


def examples(folder: Path, genes: int) -> PairDataset:
    """Make a reference set and its projections, which are its CDSs."""
    path, _ = write_genes(folder, genes, name="simHum1.genes")
    table = pl.read_parquet(path)
    lengths = table["length"].to_numpy()
    codes = np.random.default_rng(0).integers(0, 4, lengths.sum()).astype(np.uint8)
    whole = [part for part in np.split(codes, np.cumsum(lengths)[:-1])]
    for part in whole:
        part[UTR:-UTR:3] |= CODON_START
        part[[*range(299, len(part), 300), -1]] |= EXON_END
    projected = table.with_columns(
        annotation_set=pl.lit("simDog1.toga_simHum1"),
        assembly=pl.lit("simDog1"),
        species=pl.lit("Another"),
        gene_id=pl.lit(None, pl.String),
        origin=pl.lit("toga"),
        reference_transcript="transcript_id",
        transcript_id=format_expr("{}.1", "transcript_id"),
        chain=pl.lit(1, table.schema["chain"]),
        length=(pl.col("length") - 2 * UTR).cast(table.schema["length"]),
    )
    sets = (table, whole), (projected, [part[UTR:-UTR] for part in whole])
    stores = [write(folder, rows, parts) for rows, parts in sets]
    build_relations(stores, folder / "relations", GroupSettings())
    wanted = settings(PretrainSettings, [f"batch.tokens={GPU_TOKENS}"])
    return PairDataset(Corpus.open(stores), Relations.open(folder / "relations"), wanted)


def write(folder: Path, table: pl.DataFrame, parts: list[np.ndarray]) -> Path:
    name = table["annotation_set"][0]
    offsets = np.cumsum([0, *map(len, parts)])
    about = {"annotation_set": name, "inputs": {}, "codon_phase": "annotated"}
    store = folder / f"{name}.zarr"
    write_store(store, np.concatenate(parts), offsets, table, schemas.DROPPED.empty(), about)
    return store


def write_items(folder: Path, made: PairDataset, epoch: Epoch) -> None:
    """Write the files of the baseline, which stay in the system's memory."""
    for row in {*epoch.base.tolist(), *epoch.partner.tolist()}:
        tracks = np.ascontiguousarray(decode(made.corpus[row]).T)
        np.savez_compressed(folder / f"{row}.npz", six_track_data=tracks, length=tracks.shape[1])


def load_items(folder: Path, epoch: Epoch, rng: np.random.Generator) -> None:
    """Load, change and mask pair by pair; pad the views of each batch to one maximum."""
    for first in range(0, FILES, PAIRS):
        views = []
        for item in range(first, min(first + PAIRS, FILES)):
            one, two = (load(folder, rows[item]) for rows in (epoch.base, epoch.partner))
            if epoch.kind[item] == ORTHOLOG:
                two = combined(one, two)
            views += [masked(one, rng), masked(two, rng)]
        widest = max(view.shape[1] for view in views)
        np.stack([np.pad(view, ((0, 0), (0, widest - view.shape[1]))) for view in views])


def load(folder: Path, row: int) -> np.ndarray:
    with np.load(folder / f"{row}.npz") as arrays:
        return arrays["six_track_data"]


def combined(base: np.ndarray, partner: np.ndarray) -> np.ndarray:
    """Return the partner's CDS between the UTRs of the base."""
    own, other = np.flatnonzero(base[4]), np.flatnonzero(partner[4])
    inside = partner[:, other[0] : other[-1] + 3]
    result = np.concatenate([base[:, : own[0]], inside, base[:, own[-1] + 3 :]], axis=1)
    return result if result.shape[1] <= SHORT else partner


def masked(tracks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hide positions of the codon track, of the splice track and of the nucleotides."""
    tracks = tracks.copy()
    length = tracks.shape[1]
    for hidden in (slice(4, 5), slice(5, 6), slice(0, 4)):
        tracks[hidden, rng.choice(length, int(MASKED * length), replace=False)] = 0
    return tracks


def pairs_of(path: Path) -> np.ndarray:
    """Return the lengths (pairs, 2) of RefSeq transcripts and of isoforms drawn for them."""
    table = pl.read_csv(path, separator="\t", infer_schema=False).filter(
        ~pl.col("chrom").str.contains("_")
    )
    starts, ends = (
        pl.col(column).str.strip_suffix(",").str.split(",").cast(pl.List(pl.Int64)).list.sum()
        for column in ("exonStarts", "exonEnds")
    )
    lengths = table.select(gene="name2", length=ends - starts).sort("gene")
    lengths = lengths.filter(pl.col("length") < LONGEST)
    length = lengths["length"].to_numpy()
    _, first, size = np.unique(lengths["gene"].to_numpy(), return_index=True, return_counts=True)
    first, size = np.repeat(first, size), np.repeat(size, size)
    partner = first + np.random.default_rng(0).integers(0, size)
    pairs = np.stack([length, length[partner]], axis=1)
    # A short transcript pairs with short ones, and neither with itself.
    kept = (partner != np.arange(len(length))) & ((pairs[:, 1] < SHORT) | (pairs[:, 0] >= SHORT))
    return pairs[kept]


def padding(pairs: np.ndarray) -> list[Row]:
    """Compare the shares of real nucleotides of three ways to make batches."""
    rng = np.random.default_rng(0)
    short = pairs[:, 0] < SHORT
    paper = padded(pairs[short], SHORT_PAIRS, rng), padded(pairs[~short], LONG_PAIRS, rng)
    # Three batches of short transcripts to one of long ones.
    real, tokens = (3 * short + long for short, long in zip(*paper, strict=True))
    random = np.divide(*padded(pairs, SHORT_PAIRS, rng))
    ours = plan_batches(pairs, TOKENS, rng).efficiency
    return [
        Row("real share of tokens: token_budget, beside 1", ours, 1, 0.95),
        Row("real share of tokens: token_budget, beside paper", ours, real / tokens),
        Row("real share of tokens: token_budget, beside random batches", ours, random),
    ]


def padded(pairs: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return the real nucleotides and the tokens of a batch, with both views padded alike."""
    plan = plan_sizes(pairs, size, rng)
    widest = sum(pairs[plan[k]].max() for k in range(len(plan)))
    return np.array([plan.real, 2 * size * widest]) / len(plan)


if __name__ == "__main__":
    main("loader", measure)

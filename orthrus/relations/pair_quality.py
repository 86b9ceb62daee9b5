"""The quality of positive pairs: how far their lengths and untranslated regions differ.

Pairs of a kind are drawn uniformly among all of it (with replacement), whatever their length;
The paper's Table 1 counts the same ones. Columns of PAIR_QUALITY:

pairs, sampled
    how many there are (exactly), and how many were drawn;
too_long_for_short, too_long
    the shares of pairs with a transcript that is not below the limit of the class short, or long;
length_ratio_…
    quantiles of the shorter length over the longer one;
base_utr5_median, …
    medians of the lengths (nt) of untranslated regions, among pairs of which both are coding;
partner_without_utr, one_without_utr
    the shares of these pairs whose partner is CDS only, as projections are, and of which only one
    is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from orthrus import schemas
from orthrus.array_types import Ints
from orthrus.config.relations import PairSettings
from orthrus.random_streams import below, random_bits
from orthrus.relations.index import Relations
from orthrus.relations.pair_kinds import CODES, KINDS
from orthrus.relations.store_tables import SetTable, open_tables, read_ahead

Facts = dict[str, Ints]

CODING = ("mature_cds_start", "mature_cds_end")


def measure_pairs(
    folder: Path, stores: Sequence[Path], path: Path, settings: PairSettings
) -> pl.DataFrame:
    """Write the PAIR_QUALITY table of the relations in `folder` to `path`, and return it.

    Raises
    ------
    OrthrusError
        The relations or stores cannot be read, or do not belong together.
    """
    relations = Relations.open(folder)
    sets = relations.check_stores(open_tables(stores))
    drawn = {kind: draw_pairs(relations, kind, settings) for kind in KINDS}
    rows = np.unique(np.concatenate([part for _, *pair in drawn.values() for part in pair]))
    facts = _read_facts(sets, rows) | {"class": relations.length_class[rows].astype(np.int64)}
    summary = []
    for kind, (total, *pair) in drawn.items():
        base, partner = (
            {name: values[np.searchsorted(rows, part)] for name, values in facts.items()}
            for part in pair
        )
        counted = {"kind": kind, "pairs": total, "sampled": len(pair[0])}
        summary.append(counted | (_summary(base, partner) if total else {}))
    table = pl.DataFrame(summary, schema=schemas.PAIR_QUALITY.schema)
    schemas.write_table(table, path, schemas.PAIR_QUALITY)
    return table


def draw_pairs(relations: Relations, kind: str, settings: PairSettings) -> tuple[int, Ints, Ints]:
    """Return the number of pairs of a kind, and rows of bases and partners drawn from them."""
    slots = np.arange(len(relations.references))
    group = relations.group[relations.references]
    start, end = relations.start[group], relations.end[group]
    own, own_end = relations.block_start.astype(np.int64), relations.block_end.astype(np.int64)
    first, size, hole, hole_size = {
        "splice": (own, own_end - own, slots, np.ones_like(slots)),
        "naive": (start, end - start, own, own_end - own),
        "ortholog": (
            relations.toga_start[group],
            relations.toga_end[group] - relations.toga_start[group],
            slots,
            np.zeros_like(slots),
        ),
    }[kind]
    pairs = np.cumsum(size - hole_size)
    total = int(pairs[-1])
    bits = random_bits(settings.seed, np.arange(settings.sample if total else 0), CODES[kind])
    pick = below(bits, np.full(len(bits), total))
    slot = np.searchsorted(pairs, pick, side="right")
    place = first[slot] + pick - (pairs - size + hole_size)[slot]
    if kind == "ortholog":
        partner = relations.projections[place]
    else:
        partner = relations.references[place + np.where(place >= hole[slot], hole_size[slot], 0)]
    return total, relations.references[slot].astype(np.int64), partner.astype(np.int64)


def _read_facts(sets: Sequence[SetTable], rows: Ints) -> Facts:
    """Return `length`, `utr5` and `utr3` (-1 when non-coding) of sorted rows, in nt."""
    bounds = np.searchsorted(rows, [*(table.start for table in sets), sets[-1].end])
    parts = [
        frame[rows[first:last] - table.start]
        for (table, frame), first, last in zip(
            read_ahead(sets, ("length", *CODING)), bounds, bounds[1:], strict=False
        )
    ]
    utr3 = pl.col("length") - pl.col("mature_cds_end")
    read = pl.concat(parts).select(
        "length",
        pl.col("mature_cds_start").fill_null(-1).alias("utr5"),
        utr3.fill_null(-1).alias("utr3"),
    )
    return {name: read[name].to_numpy() for name in read.columns}


def _summary(base: Facts, partner: Facts) -> dict[str, float]:
    """Return the measures of pairs; those of untranslated regions only if there are any."""
    lengths = np.stack([base["length"], partner["length"]])
    ratio = np.quantile(lengths.min(axis=0) / lengths.max(axis=0), [0.05, 0.5, 0.95])
    longest = np.maximum(base["class"], partner["class"])
    found = {
        "too_long_for_short": (longest > 0).mean(),
        "too_long": (longest > 1).mean(),
        "length_ratio_q05": ratio[0],
        "length_ratio_median": ratio[1],
        "length_ratio_q95": ratio[2],
    }
    coding = (base["utr5"] >= 0) & (partner["utr5"] >= 0)
    if coding.any():
        sides = {"base": base, "partner": partner}
        for side, facts in sides.items():
            for utr in ("utr5", "utr3"):
                found[f"{side}_{utr}_median"] = np.median(facts[utr][coding])
        bare = [(facts["utr5"] + facts["utr3"])[coding] == 0 for facts in sides.values()]
        found |= {
            "partner_without_utr": bare[1].mean(),
            "one_without_utr": (bare[0] != bare[1]).mean(),
        }
    return {name: float(value) for name, value in found.items()}


def print_quality(table: pl.DataFrame) -> None:
    """Print the table: drawn on a terminal, a column for each kind; tab-separated in a pipe."""
    lines = [(name, *table[name].to_list()) for name in table.columns]
    if not sys.stdout.isatty():
        for line in lines:
            print(*map(_cell, line), sep="\t")
        return
    drawn = Table(*map(str, lines[0]), title="Positive pairs")
    for line in lines[1:]:
        drawn.add_row(*map(_cell, line))
    Console().print(drawn)


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)

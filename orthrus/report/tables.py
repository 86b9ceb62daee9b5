"""The tables of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from orthrus.config.models import encoder_sizes
from orthrus.report.load_results import AnnotationSetResults, Leakage, Model, Results

NONE = "–"
SIMILARITY_GAP = pl.col("val_positive") - pl.col("val_negative")
"""How far a model tells held-out positive pairs from others; null without a contrastive loss."""


@dataclass(frozen=True)
class Cell:
    """A cell: what it says, a note below it, and whether it is a number or the best of several."""

    text: str
    number: bool = False
    best: bool = False
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its caption; a long one can be folded up under a summary."""

    caption: str
    columns: list[str]
    rows: list[list[Cell]]
    total: list[Cell] = field(default_factory=list)
    folded: str = ""


def text(value: object) -> Cell:
    """Return a cell of text."""
    return Cell(NONE if value is None else str(value))


def signed(value: float, decimals: int = 2) -> str:
    """Return a number with its sign and so many decimals; what rounds to 0 has no sign."""
    if not round(value, decimals):
        return f"{0:.{decimals}f}"
    return f"{value:+.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def number(value: float | None, form: str = ",") -> Cell:
    """Return a cell of a number; none where there is nothing to show."""
    return Cell(NONE if value is None else format(value, form), number=True)


def annotation_sets(sets: Sequence[AnnotationSetResults]) -> Table:
    """List the annotation sets, with totals."""
    names = ["kept", "excluded", "rejected", "not_encoded", "transcripts", "coding", "nucleotides"]
    rows = [
        [
            text(entry.name), text(entry.species),
            *(number(getattr(entry, name)) for name in names), _unmatched(entry),
        ]
        for entry in sets
    ]  # fmt: skip
    sums = [number(sum(getattr(entry, name) or 0 for entry in sets)) for name in names]
    return Table(
        caption="Annotation sets. Rows kept, excluded by policy (alternative contigs, copies, "
        "filtered classes) and rejected as malformed when the annotation was read; rows that did "
        "not fit the genome; and the transcripts, coding transcripts and nucleotides that the "
        "six-track store holds (paper, Methods). Unmatched names: those of chromosomes that the "
        "genome does not have, or that could mean two of its sequences, of all names, with the "
        "share of rows that carry them; these rows are among the rejected.",
        columns=[
            "Annotation set", "Species", "Kept", "Excluded", "Rejected", "Not encoded",
            "Transcripts", "Coding", "Nucleotides", "Unmatched names",
        ],
        rows=rows,
        total=[text("Total"), text(""), *sums, text("")],
        folded=f"{len(sets)} annotation sets" if len(sets) > 40 else "",
    )  # fmt: skip


def _unmatched(entry: AnnotationSetResults) -> Cell:
    names = entry.sequence_names
    if not names:
        return number(None)
    lost = names["ambiguous"] + names["missing"]
    share = f" ({names['unmatched_share']:.1%})" if lost else ""
    return Cell(f"{lost} of {lost + names['exact'] + names['renamed']}{share}", number=True)


def pairs(results: Results) -> Table:
    """Set the positive pairs of the build beside the paper's."""
    rows = [[text(name), *map(number, numbers)] for name, *numbers in results.pairs]
    return Table(
        caption="Positive pairs of each data set, counted exactly, beside those of the paper's "
        "Table 1. Splice: isoforms of one gene; naive: genes of one symbol in other reference "
        "species; ortholog: TOGA projections.",
        columns=[
            "Data set", "Pairs", "Paper", "Transcripts", "Paper", "Splice", "Naive", "Ortholog",
        ],
        rows=rows,
    )  # fmt: skip


def quality(kinds: pl.DataFrame) -> Table:
    """Show how far the two transcripts of a pair differ, by kind of pair (PAIR_QUALITY)."""
    rows = [
        [
            text(row["kind"]), number(row["pairs"]), number(row["sampled"]),
            *(
                number(row[name], ".1%")
                for name in ("too_long_for_short", "too_long", "partner_without_utr")
            ),
            Cell(_spread(row), number=True),
            *(
                number(row[f"{side}_{utr}_median"], ",.0f")
                for utr in ("utr5", "utr3") for side in ("base", "partner")
            ),
        ]
        for row in kinds.iter_rows(named=True)
    ]  # fmt: skip
    return Table(
        caption="Quality of positive pairs, measured on pairs drawn uniformly from each kind. "
        "Long: pairs with a transcript above the limit of the short class. Excluded: pairs with "
        "one above the limit of the long class. "
        "Partner bare: its CDS has no UTRs, as projections have none. Length ratio: the shorter "
        "over the longer transcript, median and 5th to 95th percentile. UTRs: median lengths, nt, "
        "where both transcripts are coding.",
        columns=[
            "Kind", "Pairs", "Drawn", "Long", "Excluded", "Partner bare", "Length ratio",
            "5′ UTR", "of partner", "3′ UTR", "of partner",
        ],
        rows=rows,
    )  # fmt: skip


def _spread(row: dict[str, Any]) -> str:
    if row["length_ratio_median"] is None:
        return NONE
    low, middle, high = (row[f"length_ratio_{name}"] for name in ("q05", "median", "q95"))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def leakage(reports: Sequence[Leakage]) -> Table:
    """Show what test genes share with training genes, at worst over seeds."""
    kinds = ["gene_id", "symbol", "homology_group", "chromosome"]
    rows = []
    for report in reports:
        seeds = list(report.facts["seeds"].values())
        fractions = [
            f"{100 * sum(seed['fractions'][fold] for seed in seeds) / len(seeds):.0f}"
            for fold in ("train", "val", "test")
        ]
        shared = [max(seed["shared"][kind]["share"] for seed in seeds) for kind in kinds]
        counts = [number(report.facts["genes"]), number(report.facts["largest_group"])]
        rows.append(
            [text(report.split), text(report.name), *counts, Cell(" / ".join(fractions), True)]
            + [number(share, ".1%") for share in shared]
        )
    return Table(
        caption="Splits of genes into training, validation and test, and leakage: the share of "
        "test genes whose identifier, symbol, homology group or chromosome also occurs in "
        "training, at worst over all seeds. Homology groups are connected components of the "
        "paralog graph (paper, A.5).",
        columns=[
            "Split", "Assembly", "Genes", "Largest group", "Train / val / test, %",
            "Same gene", "Same symbol", "Same homology group", "Same chromosome",
        ],
        rows=rows,
    )  # fmt: skip


def task_leakage(results: Results) -> Table:
    """Show what test rows of every task share with training rows, at worst over seeds."""
    rows = []
    ranks = {name: rank for rank, name in enumerate(results.tasks)}
    for report in sorted(results.task_leakage, key=lambda made: (made.split, ranks[made.name])):
        seeds = [seed for seed in report.facts["seeds"].values() if seed["test"]]
        shares = [
            number(
                max(
                    (
                        seed["shared"][kind] / seed["test"]
                        for seed in seeds
                        if kind in seed["shared"]
                    ),
                    default=None,
                ),
                ".1%",
            )
            for kind in ("gene", "homology_group", "sequence", "near_identical")
        ]
        names = [text(report.split), text(results.tasks[report.name]["title"])]
        counts = [number(report.facts["rows"]), number(report.facts["not_compared"])]
        rows.append([*names, *counts, *shares])
    return Table(
        caption="Leakage into the test rows of tasks: the share of them whose gene (by symbol), "
        "whose homology group, whose whole sequence, or a nearly identical one also occurs in "
        "training, at worst over all seeds. Nearly identical: half of the 32-mers of the "
        "transcript with fewer are in the other one. Too short: transcripts with too few of these "
        "to tell.",
        columns=[
            "Split", "Task", "Sequences", "Too short", "Same gene", "Same homology group",
            "Same sequence", "Nearly identical",
        ],
        rows=rows,
    )  # fmt: skip


def models(found: Sequence[Model]) -> Table:
    """List the pretrained models, what they learned from, and how far they came."""
    rows = [
        [
            text(model.name),
            text(_encoder(model.summary["settings"]["encoder"])),
            number(model.summary["encoder_parameters"]),
            text(_objective(model)),
            text(_views(model)),
            number(model.steps),
            number(model.summary.get("loss"), ".3f"),
            Cell(_course(model.metrics, pl.col("val_loss")), number=True),
            Cell(_course(model.metrics, SIMILARITY_GAP), number=True),
        ]
        for model in found
    ]
    return Table(
        caption="Pretrained models: what they learned from, and how far they came. Objective: "
        "contrastive learning (CL), masked language modelling (MLM), or both with the share of "
        "MLM; unknown for imported weights. Loss: of the last batch. Held-out loss "
        "and similarity gap: before the first and after the last step; the gap is the mean cosine "
        "of projected held-out views of positive pairs, less that of other pairs (paper, equation "
        "5).",
        columns=[
            "Model", "Encoder", "Parameters", "Objective", "Views", "Steps", "Loss",
            "Held-out loss", "Similarity gap",
        ],
        rows=rows,
    )  # fmt: skip


def _course(metrics: pl.DataFrame, measure: pl.Expr) -> str:
    """Return the first and the last value of a measure."""
    if not metrics.height:
        return NONE
    values = metrics.select(measure.alias("measure")).to_series().drop_nulls()
    return f"{values[0]:.2f} → {values[-1]:.2f}" if len(values) else NONE


def _encoder(settings: dict[str, Any]) -> str:
    """Name an encoder in one unbroken line."""
    sizes = " × ".join(encoder_sizes(settings))
    words = f"{settings['kind']} {sizes}, {settings['n_tracks']}T"
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _objective(model: Model) -> str:
    """Name the objective, as the paper's Figure 3 does."""
    if model.steps is None:
        return "weights read"
    if not model.steps:
        return "untrained"
    share = model.summary["settings"]["objective"]["mlm_weight"]
    return {0: "CL", 1: "MLM"}.get(share, f"CL + {share:g} MLM")


def _views(model: Model) -> str:
    """Name the augmentations, as the paper's Figure 3 does."""
    if not model.steps:
        return NONE
    augment = model.summary["settings"]["augment"]
    used = [name for name in ("splice", "ortholog") if augment[name]]
    if augment["mask_sequence"] or augment["mask_tracks"]:
        used.append("mask")
    return ", ".join(used) or NONE


def tasks(found: dict[str, dict[str, Any]]) -> Table:
    """List the benchmark tasks beside the paper's Table 2."""
    rows = []
    for facts in found.values():
        published = facts.get("published", {})
        rows.append(
            [
                text(facts["title"]), text(facts["kind"]), text(facts["species"]),
                number(len(facts["labels"])),
                _counts(facts["n"], facts["genes"]), number(published.get("n")),
                _counts(published.get("text_n"), published.get("text_genes")),
                number(facts["max_length"]), number(published.get("max_length")),
                number(sum(facts["dropped"].values())),
            ]
        )  # fmt: skip
    return Table(
        caption="Benchmark tasks, beside the paper's Table 2 and, where it disagrees, the paper's "
        "text. Dropped rows had no gene, no target, or no counterpart in the task's other file.",
        columns=[
            "Task", "Kind", "Species", "Labels", "Sequences", "Paper", "Paper, text", "Longest, nt",
            "Paper", "Dropped",
        ],
        rows=rows,
    )  # fmt: skip


def _counts(sequences: int | None, genes: int | None) -> Cell:
    """Return a cell of a count of sequences, with that of their genes as a note."""
    return replace(number(sequences), note="" if genes is None else f"{genes:,} genes")

"""The tables of the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from orthrus.report.collect import AnnotationSet, Leakage, Model, Results
from orthrus.tasks.registry import METRICS, ordered

METRIC_NAMES = {
    "pearson_r": "Pearson R",
    "spearman_r": "Spearman R",
    "auprc_micro": "auPRC, micro",
    "auprc_macro": "auPRC, macro",
    "auroc_micro": "auROC, micro",
    "auroc_macro": "auROC, macro",
}
"""What people call the metrics."""

NONE = "–"
CI = 1.96
"""Half a 95 % confidence interval, in standard errors (P2, Table A1: 1.96 · std / √10)."""


@dataclass(frozen=True)
class Cell:
    """A cell: what it says, and whether it is a number or the best of its row."""

    text: str
    number: bool = False
    best: bool = False


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


def signed(value: float) -> str:
    """Return a number with its sign and two decimals; what rounds to 0 has no sign."""
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}") if round(value, 2) else "0.00"


def number(value: float | None, form: str = ",") -> Cell:
    """Return a cell of a number; none where there is nothing to show."""
    return Cell(NONE if value is None else format(value, form), number=True)


def annotation_sets(sets: Sequence[AnnotationSet]) -> Table:
    """List the annotation sets, with totals."""
    names = ["kept", "excluded", "rejected", "not_encoded", "transcripts", "coding", "nucleotides"]
    rows = [
        [text(entry.name), text(entry.species), *(number(getattr(entry, name)) for name in names)]
        for entry in sets
    ]
    sums = [number(sum(getattr(entry, name) or 0 for entry in sets)) for name in names]
    return Table(
        caption="Annotation sets. Rows kept, excluded by policy (alternative contigs, copies, "
        "filtered classes) and rejected as malformed when the annotation was read; rows that did "
        "not fit the genome; and the transcripts, coding transcripts and nucleotides that the "
        "six-track store holds (P2, Methods).",
        columns=[
            "Annotation set", "Species", "Kept", "Excluded", "Rejected", "Not encoded",
            "Transcripts", "Coding", "Nucleotides",
        ],
        rows=rows,
        total=[text("Total"), text(""), *sums],
        folded=f"{len(sets)} annotation sets" if len(sets) > 40 else "",
    )  # fmt: skip


def pairs(results: Results) -> Table:
    """Set the positive pairs of the build beside the paper's."""
    rows = [[text(name), *map(number, numbers)] for name, *numbers in results.pairs]
    return Table(
        caption="Positive pairs of each data set, counted exactly, beside those of P2's Table 1. "
        "Splice: isoforms of one gene; naive: genes of one symbol in other reference species; "
        "ortholog: TOGA projections.",
        columns=[
            "Data set", "Pairs", "P2", "Transcripts", "P2", "Splice", "Naive", "Ortholog",
        ],
        rows=rows,
    )  # fmt: skip


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
            [text(report.split), text(report.assembly), *counts, Cell(" / ".join(fractions), True)]
            + [number(share, ".1%") for share in shared]
        )
    return Table(
        caption="Splits of genes into training, validation and test, and leakage: the share of "
        "test genes whose identifier, symbol, homology group or chromosome also occurs in "
        "training, at worst over all seeds. Homology groups are connected components of the "
        "paralog graph (P2, A.5).",
        columns=[
            "Split", "Assembly", "Genes", "Largest group", "Train / val / test, %",
            "Same gene", "Same symbol", "Same homology group", "Same chromosome",
        ],
        rows=rows,
    )  # fmt: skip


def models(found: Sequence[Model]) -> Table:
    """List the pretrained models and how they ended."""
    rows = [
        [
            text(model.name),
            text(_encoder(model.summary["settings"]["encoder"])),
            text(_objective(model.summary["settings"])),
            number(model.summary["encoder_parameters"]),
            number(model.summary["settings"]["train"]["steps"]),
            *(
                number(model.summary[name], ".3f")
                for name in ("loss", "val_loss", "val_positive", "val_negative")
            ),
        ]
        for model in found
    ]
    return Table(
        caption="Pretrained models: what they learned from, and where they ended. Loss is the "
        "decoupled contrastive loss (P2, equation 5); similarity is the mean cosine of projected "
        "held-out views, of positive pairs and of others.",
        columns=[
            "Model", "Encoder", "Views", "Parameters", "Steps", "Loss", "Held-out loss",
            "Pair similarity", "Other similarity",
        ],
        rows=rows,
    )  # fmt: skip


def _encoder(settings: dict[str, Any]) -> str:
    """Name an encoder in one unbroken line."""
    return "{kind} {width} × {layers}, {n_tracks}T".format(**settings).replace(
        " ", "\N{NO-BREAK SPACE}"
    )


def _objective(settings: dict[str, Any]) -> str:
    """Name the augmentations, as P2's Figure 3 does."""
    if not settings["train"]["steps"]:
        return "untrained"
    augment = settings["augment"]
    used = [name for name in ("splice", "ortholog") if augment[name]]
    if augment["mask_sequence"] or augment["mask_tracks"]:
        used.append("mask")
    return ", ".join(used)


def tasks(found: dict[str, dict[str, Any]]) -> Table:
    """List the benchmark tasks beside P2's Table 2."""
    rows = [
        [
            text(facts["title"]), text(facts["kind"]), text(facts["species"]),
            number(len(facts["labels"])),
            number(facts["n"]), number(facts["published"]["n"]),
            number(facts["max_length"]), number(facts["published"]["max_length"]),
            number(sum(facts["dropped"].values())),
        ]
        for facts in found.values()
    ]  # fmt: skip
    return Table(
        caption="Benchmark tasks, beside P2's Table 2. Dropped rows had no gene, no target, or no "
        "counterpart in the task's other file.",
        columns=[
            "Task", "Kind", "Species", "Labels", "Sequences", "P2", "Longest, nt", "P2", "Dropped",
        ],
        rows=rows,
    )  # fmt: skip


def probes(results: Results, split: str, order: Sequence[str]) -> Table:
    """Show the main metric of every task and model on one split: mean and 95 % interval."""
    scores = _scores(results.probes.filter(pl.col("split") == split))
    main = {key: value for key, value in scores.items() if key[2] in METRICS.values()}
    return Table(
        caption="Linear probes on frozen embeddings: mean over seeds ± 1.96 · std / √n, the best "
        "mean of a task in bold. Ridge regression is scored by Pearson's R, one-vs-rest logistic "
        "regression by the micro-averaged area under the precision-recall curve (P2, A.4 and "
        "Table A1). Rows: those whose gene is in the splits, of all sequences of the task; test "
        "rows: how many of them a probe is scored on, on average.",
        columns=["Task", "Metric", "Rows", "Test rows", *order],
        rows=_by_task(results, main, order),
    )


def all_metrics(results: Results, split: str, order: Sequence[str]) -> Table:
    """Show every metric of every task and model on one split."""
    scores = _scores(results.probes.filter(pl.col("split") == split))
    return Table(
        caption="All metrics of the same probes; micro averages over all pairs of transcript and "
        "label, macro over labels.",
        columns=["Task", "Metric", "Rows", "Test rows", *order],
        rows=_by_task(results, scores, order),
        folded="All metrics",
    )


Score = tuple[float, float, float, int]
"""Mean, half of the 95 % interval (NaN for a single run), mean number of test rows, and of all."""


def _scores(rows: pl.DataFrame) -> dict[tuple[str, str, str], Score]:
    """Return the score of every (task, model, metric)."""
    scores = rows.group_by("task", "model", "metric", maintain_order=True).agg(
        pl.col("value").mean().alias("mean"),
        (CI * pl.col("value").std() / pl.len().sqrt()).fill_null(math.nan).alias("half"),
        pl.col("n_test").mean(),
        pl.sum_horizontal("n_train", "n_val", "n_test").max().alias("n"),
    )
    return {tuple(row[:3]): row[3:] for row in scores.iter_rows()}


def _by_task(
    results: Results, scores: dict[tuple[str, str, str], Score], order: Sequence[str]
) -> list[list[Cell]]:
    rows = []
    found_in = dict.fromkeys((task, metric) for task, _, metric in scores)
    ranks = {task: rank for rank, task in enumerate(ordered({task for task, _ in found_in}))}
    for task, metric in sorted(found_in, key=lambda row: ranks[row[0]]):
        found = [scores.get((task, model, metric)) for model in order]
        best = max(score[0] for score in found if score)
        sizes = [score[2:] for score in found if score]
        facts = results.tasks.get(task, {})
        used = f"{sizes[0][1]:,}" + (f" of {facts['n']:,}" if facts else "")
        rows.append(
            [text(facts.get("title", task)), text(METRIC_NAMES.get(metric, metric)),
             Cell(used, number=True), number(round(sizes[0][0]))]
            + [_score(score, best=len(sizes) > 1 and score[0] == best) if score else text(None)
               for score in found]
        )  # fmt: skip
    return rows


def _score(score: Score, *, best: bool) -> Cell:
    mean, half, *_ = score
    interval = "" if math.isnan(half) else f" ± {half:.3f}"
    return Cell(f"{mean:.3f}{interval}", number=True, best=best)

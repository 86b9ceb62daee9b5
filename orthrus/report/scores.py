"""The tables of probe scores, and the paper's beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl

from orthrus.benchmark_tasks import KNOWN, METRICS, ordered
from orthrus.evaluate.statistics import half_interval
from orthrus.report import published
from orthrus.report.load_results import Results
from orthrus.report.tables import Cell, Table, number, text

METRIC_NAMES = {
    "pearson_r": "Pearson R",
    "spearman_r": "Spearman R",
    "auprc_micro": "auPRC, micro",
    "auprc_macro": "auPRC, macro",
    "auroc_micro": "auROC, micro",
    "auroc_macro": "auROC, macro",
}
"""What people call the metrics."""

SHORT_NAMES = {ours: theirs for theirs, ours in published.METRICS.items()}
"""What the paper calls the main ones."""

PUBLISHED_SPLIT = "homology"
"""The split of the paper's tables."""

OF_BENCHMARKS = (
    "Linear probes on frozen embeddings: mean over seeds ± 1.96 · std / √n, the best mean of a "
    "task in bold. Ridge regression is scored by Pearson's R, one-vs-rest logistic regression by "
    "the micro-averaged area under the precision-recall curve, auPRC (paper, A.4 and Table A1). "
    "Test rows: how many a probe is scored on, on average."
)
OF_STRUCTURE = (
    "Linear probes of the structure of transcripts, fitted and scored as those of benchmarks but "
    "in no comparison of models (paper, Figure 2A): mean over seeds ± 1.96 · std / √n, the best "
    "mean of a task in bold. Test rows: how many a probe is scored on, on average."
)
"""What the tables of probes say of themselves."""

Score = tuple[float, float, float, int]
"""Mean, half of the 95 % interval (NaN for a single run), mean number of test rows, and of all."""

Scores = dict[tuple[str, str, str], Score]
"""The score of every (task, model, metric)."""


def probes(
    results: Results, split: str, order: Sequence[str], caption: str = OF_BENCHMARKS
) -> Table:
    """Show the main metric of every model and task on one split: mean and 95 % interval."""
    scores = main_scores(results, split)
    metrics = metrics_of(scores)
    rows = [[text(model)] for model in order]
    for task, metric in metrics.items():
        found = [scores.get((task, model, metric)) for model in order]
        for row, cell in zip(rows, marked(found), strict=True):
            row.append(cell)
    sizes = {task: round(score[2]) for (task, *_), score in scores.items()}
    return Table(
        caption=caption,
        columns=["Model", *(heading(results, task, metric) for task, metric in metrics.items())],
        rows=rows,
        total=[text("Test rows"), *(number(sizes[task]) for task in metrics)],
    )


def all_metrics(results: Results, split: str, order: Sequence[str]) -> Table:
    """Show every metric of every task and model on one split."""
    scores, labels = _scores(results, split), _labels(results, split)
    found_in = dict.fromkeys((task, metric) for task, _, metric in scores)
    ranks = {task: rank for rank, task in enumerate(ordered({task for task, _ in found_in}))}
    rows = []
    for task, metric in sorted(found_in, key=lambda row: ranks[row[0]]):
        found = [scores.get((task, model, metric)) for model in order]
        *_, test_rows, used = next(score for score in found if score)
        facts = results.tasks.get(task, {})
        of_all = f"{used:,}" + (f" of {facts['n']:,}" if facts else "")
        names = [text(facts.get("title", task)), text(METRIC_NAMES.get(metric, metric))]
        sizes = [Cell(of_all, number=True), number(round(test_rows)), labels[task]]
        rows.append([*names, *sizes, *marked(found)])
    return Table(
        caption="All metrics of the same probes; micro averages over all pairs of transcript and "
        "label, macro over labels. Rows: those whose gene is in the splits, of all sequences of "
        "the task; test rows: how many of them a probe is scored on, on average. Labels: those "
        "scored in every run, of all; one without both values in the training and the test rows of "
        "a seed is not.",
        columns=["Task", "Metric", "Rows", "Test rows", "Labels", *order],
        rows=rows,
        folded="All metrics",
    )


def beside_paper(results: Results, order: Sequence[str]) -> list[Table]:
    """Set the main metrics beside the paper's, task by task; no table where no task is the paper's.

    The first table has the paper's own models, probed and trained whole; the second one all that it
    probed.
    """
    scores = main_scores(results, PUBLISHED_SPLIT)
    probed, trained = published.read_published("table_a1"), published.read_published("table_a2")
    known = set(probed.select("task", "metric").iter_rows())
    metrics = {task: own for task, own in metrics_of(scores).items() if (task, own) in known}
    if not metrics:
        return []
    columns = [heading(results, task, metric) for task, metric in metrics.items()]
    ours = [
        [text(model), *(score_cell(scores.get((task, model, metrics[task]))) for task in metrics)]
        for model in order
    ]
    own = probed.filter(pl.col("model").str.starts_with("Orthrus"))
    theirs = [
        [Cell(row[0].text, note=what), *row[1:]]
        for what, table in (("paper, probed", own), ("paper, trained whole", trained))
        for row in printed_rows(table, list(metrics))
    ]
    return [
        Table(
            caption="Scores of this build, as above, beside those of the paper: Tables A1 (linear "
            "probes on frozen embeddings, ± half of the 95 % interval over 10 runs) and A2 (all "
            "weights trained on the task's labels, means over 3 seeds; the paper does not say what "
            "± is there), as printed.",
            columns=["Model", *columns],
            rows=[*ours, *theirs],
        ),
        Table(
            caption="All linear probes of the paper's Table A1, as printed.",
            columns=["Model", *columns],
            rows=printed_rows(probed, list(metrics)),
            folded=f"All {probed['model'].n_unique()} models of the paper's Table A1",
        ),
    ]


def beside_words(results: Results) -> str:
    """Say how far scores of this build and the paper's can be compared."""
    words = (
        "Data and splits may differ: the paper measured its own releases of labels, transcripts "
        "and homology groups, so small differences mean little."
    )
    known = {name: task.species for name, task in KNOWN.items() if task.species}
    strange = sorted(
        {
            facts["species"]
            for name, facts in results.tasks.items()
            if name in known and facts["species"] != known[name]
        }
    )
    if strange:
        words += (
            f" Labels of this build are of {', '.join(strange)}, not of the paper's species: tasks "
            "share names and form with the paper's, and nothing follows from which score is higher."
        )
    return words


def printed_rows(table: pl.DataFrame, tasks: Sequence[str]) -> list[list[Cell]]:
    """Return a row per model of a published table, in its order: name, and a cell per task."""
    printed = {
        (model, task): Cell(value, number=True, note=f"± {ci}")
        for model, task, value, ci in table.select("model", "task", "value", "ci").iter_rows()
    }
    models = table["model"].unique(maintain_order=True)
    return [
        [text(model), *(printed.get((model, task), score_cell(None)) for task in tasks)]
        for model in models
    ]


def heading(results: Results, task: str, metric: str) -> str:
    """Return the heading of a task's column, with the paper's name of the metric."""
    title = results.tasks.get(task, {}).get("title", task)
    return f"{title} ({SHORT_NAMES[metric]})"


def _scores(results: Results, split: str) -> Scores:
    rows = results.probes.filter(pl.col("split") == split)
    scores = rows.group_by("task", "model", "metric", maintain_order=True).agg(
        pl.col("value").mean().alias("mean"),
        half_interval("value").alias("half"),
        pl.col("n_test").mean(),
        pl.sum_horizontal("n_train", "n_val", "n_test").max().alias("n"),
    )
    return {tuple(row[:3]): row[3:] for row in scores.iter_rows()}


def _labels(results: Results, split: str) -> dict[str, Cell]:
    """Return how many labels of each task are scored, at the fewest, of how many."""
    rows = results.probes.filter(pl.col("split") == split)
    found = {}
    for task, fewest in rows.group_by("task").agg(pl.col("n_labels").min()).iter_rows():
        known = len(results.tasks.get(task, {}).get("labels", ()))
        found[task] = Cell(f"{fewest}" + (f" of {known}" if known > 1 else ""), number=True)
    return found


def main_scores(results: Results, split: str) -> Scores:
    """Return the scores of one split by the metric that stands for a task."""
    scores = _scores(results, split)
    return {key: score for key, score in scores.items() if key[2] in METRICS.values()}


def metrics_of(scores: Scores) -> dict[str, str]:
    """Return the metric of every task, in the order of the paper's Table 2."""
    found = {task: metric for task, _, metric in scores}
    return {task: found[task] for task in ordered(found)}


def marked(found: Sequence[Score | None]) -> list[Cell]:
    """Return the cells of one task, the best of several marked."""
    means = [score[0] for score in found if score]
    best = max(means) if len(means) > 1 else math.nan
    return [score_cell(score, best=score is not None and score[0] == best) for score in found]


def score_cell(score: Score | None, *, best: bool = False) -> Cell:
    """Return a mean, with half of its interval as a note."""
    if score is None:
        return number(None)
    mean, half, *_ = score
    interval = "" if math.isnan(half) else f"± {half:.3f}"
    return Cell(f"{mean:.3f}", number=True, best=best, note=interval)

"""The page: sections of tables and figures, put into the template."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import jinja2
from markupsafe import Markup

from orthrus import __version__
from orthrus.config.report import ReportSettings
from orthrus.report import (
    figures,
    finetuned,
    probe_bars,
    scores,
    solver_comparison,
    structural_probe_figures,
    tables,
)
from orthrus.report.load_results import Comparison, Results
from orthrus.report.summary_text import outsiders, verdict
from orthrus.report.tables import Table

TESTS = {"welch": "Welch's t-test", "paired": "t-test paired by seed"}

NO_BASELINE = (
    "No baseline of plain sequence features, such as counts of k-mers, stands beside the models: "
    "the scores tell models apart, but not what an encoder is worth."
)


@dataclass(frozen=True)
class Plot:
    """A figure with its caption."""

    svg: Markup
    caption: str


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    words: str


@dataclass(frozen=True)
class PageSection:
    """A part of the page, reached from the navigation by its anchor."""

    anchor: str
    title: str
    items: list[Text | Table | Plot] = field(default_factory=list)


def page(results: Results, settings: ReportSettings) -> str:
    """Return the HTML page of a build; a section without anything to show is left out."""
    parts = [_data(results), _pretraining(results), _benchmarks(results), _paper(results)]
    parts.append(_finetuning(results))
    parts += [_comparison(results, comparison) for comparison in results.comparisons]
    parts += [_structure(results), _maps(results)]
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("orthrus.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.jinja").render(
        title=settings.title,
        version=__version__,
        tiles=_tiles(results),
        sections=[part for part in parts if part.items],
    )


def _tiles(results: Results) -> list[tuple[str, str]]:
    """Return the figures at the head of the page: a number and what it counts."""
    species = {entry.species for entry in results.sets if entry.species}
    counts = [
        (len(species), "species"),
        (len(results.sets), "annotation sets"),
        (sum(entry.transcripts or 0 for entry in results.sets), "transcripts"),
        (sum(entry.nucleotides or 0 for entry in results.sets), "nucleotides"),
        (results.most_pairs, "positive pairs"),
        (len(results.models), "models"),
        (len(results.benchmarks), "benchmark tasks"),
    ]
    return [(short(count), name) for count, name in counts if count]


def short(count: int) -> str:
    """Return a count in at most four significant digits: 1,234 or 56.7 M."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if count >= size:
            return f"{count / (1000 if unit == 'k' else size):.3g} {unit}"
    return f"{count:,}"


def _data(results: Results) -> PageSection:
    section = PageSection("data", "Data")
    if results.sets:
        section.items.append(tables.annotation_sets(results.sets))
    if results.pairs:
        section.items.append(tables.pairs(results))
    if results.quality.height:
        section.items.append(tables.quality(results.quality))
    if results.leakage:
        section.items.append(tables.leakage(results.leakage))
    return section


def _pretraining(results: Results) -> PageSection:
    section = PageSection("pretraining", "Pretraining")
    trained = [model for model in results.models if model.metrics.height]
    untrained = [model.name for model in results.models if not model.metrics.height]
    if results.models:
        section.items.append(tables.models(results.models))
    if trained:
        caption = (
            "Pretraining (paper, equation 5 and A.3). Left: loss of every batch (thin) and its "
            "moving average. Middle: loss on what was held out. Right: mean cosine similarity of "
            "held-out positive pairs, less that of other pairs; masked modelling alone has none. "
            "Losses of different objectives do not compare."
        )
        if untrained:
            caption += f" Not trained here, so without a curve: {', '.join(untrained)}."
        section.items.append(Plot(Markup(figures.loss_curves(trained)), caption))
    return section


def _benchmarks(results: Results) -> PageSection:
    section = PageSection("benchmarks", "Benchmarks")
    if results.benchmarks:
        section.items.append(tables.tasks(results.benchmarks))
    if results.task_leakage:
        section.items.append(tables.task_leakage(results))
    if results.probes.height and set(results.probes["model"]) <= {m.name for m in results.models}:
        section.items.append(Text(NO_BASELINE))
    for split in results.probes["split"].unique().sort():
        order = _order(results, split)
        panels = probe_bars.compare(results, split, order)
        drawn = Markup(probe_bars.draw(results, split, panels))
        section.items.append(Plot(drawn, probe_bars.caption(results, split, panels)))
        section.items.append(probe_bars.table(results, panels))
        section.items.append(scores.probes(results, split, order))
        section.items.append(scores.all_metrics(results, split, order))
        section.items.extend(solver_comparison.compare(results, split))
    return section


def _paper(results: Results) -> PageSection:
    section = PageSection("paper", "Beside the paper")
    if beside := scores.beside_paper(results, _order(results, scores.PUBLISHED_SPLIT)):
        section.items.extend([Text(scores.beside_words(results)), *beside])
    return section


def _finetuning(results: Results) -> PageSection:
    section = PageSection("finetuning", "Fine-tuning")
    caption = (
        "Fine-tuned models by the number of labels they were trained on: mean over seeds with its "
        "95 % interval by Student's t, on the same test rows (paper, A.6 and Figure 2C)."
    )
    for split in results.finetuned["split"].unique().sort():
        levels = finetuned.levels(results, split)
        curves = Markup(figures.learning_curves(split, levels, results.titles))
        section.items.append(Plot(curves, f"{split.capitalize()} split. {caption}"))
        section.items.extend(finetuned.tables(results, split, levels))
    return section


def _structure(results: Results) -> PageSection:
    section = PageSection("structure", "Structure of transcripts")
    own, models = replace(results, probes=results.structural), set(results.structural["model"])
    for split in results.structural["split"].unique().sort():
        order = [model for model in _order(own, split) if model in models]
        section.items.append(scores.probes(own, split, order, scores.OF_STRUCTURE))
    for made in results.structures:
        if made.points:
            points = (
                f"What probes of {made.model} predict of held-out transcripts, over what is "
                f"annotated ({made.split} split, one seed); dashed: equal (paper, Figure 2A)."
            )
            drawn = Markup(structural_probe_figures.scatters(made, results.tasks))
            section.items.append(Plot(drawn, points))
        for task in made.confusion:
            matrix = (
                f"{results.titles[task]} by probes of {made.model}: of the held-out transcripts "
                "annotated as a row says, in all seeds (number in brackets), the percentage whose "
                f"likeliest label is that of the column ({made.split} split; paper, Figure 2A)."
            )
            labels = results.tasks[task]["labels"]
            drawn = Markup(structural_probe_figures.matrix(made, task, labels))
            section.items.append(Plot(drawn, matrix))
    return section


def _order(results: Results, split: str) -> list[str]:
    """Return the models, the best aggregate first where models were compared."""
    for comparison in results.comparisons:
        if comparison.split == split:
            return list(comparison.facts["models"])
    return results.probes["model"].unique().sort().to_list()


def _comparison(results: Results, comparison: Comparison) -> PageSection:
    facts: dict[str, Any] = comparison.facts
    titles = results.titles
    normalised = (
        "Z-scores of every model (rows) on every task (columns): each run's score in standard "
        "deviations from the mean of all runs of all rows on that task, those of baselines and "
        "models of others included, Pearson's R after Fisher's transformation; the mean over tasks "
        "on the left. "
        f"Boxes: not significantly worse than the reference, {facts['reference']} (in bold), by a "
        f"one-sided {TESTS[facts['test']]}, p > {facts['significance']} "
        "(paper, Methods, ablation study; Figure 3A)."
    )
    raw = (
        "Scores of single runs, one point per seed, with their mean; the reference in colour "
        "(paper, Figure 3B)."
    )
    words = [verdict(facts), outsiders(facts, [model.name for model in results.models], titles)]
    return PageSection(
        f"comparison-{comparison.split}",
        f"Models compared, {comparison.split} split",
        [
            *(Text(told) for told in words if told),
            Plot(Markup(figures.heatmap(comparison, titles)), normalised),
            Plot(Markup(figures.jitter(comparison, titles)), raw),
        ],
    )


def _maps(results: Results) -> PageSection:
    plots: list[Text | Table | Plot] = [
        Plot(
            Markup(figures.maps(name, points)),
            f"UMAP of the embeddings of {points.height:,} transcripts by {name}, coloured by "
            "transcript length, exons, CDS length and GC (paper, Figure A4). Colours span the 1st "
            "to the 99th percentile.",
        )
        for name, points in results.maps.items()
    ]
    return PageSection("maps", "Maps of the embeddings", plots)

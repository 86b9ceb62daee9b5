"""Labels of the benchmark tasks, with the best score that any predictor could reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from orthrus.random_streams import stream
from orthrus.simulate.assembly_gaps import Leaf
from orthrus.simulate.benchmarks import BenchmarkSpec
from orthrus.simulate.clade import Clade
from orthrus.simulate.genome import Genome
from orthrus.simulate.mature import Mature, features, mature


def benchmark_table(
    benchmark: BenchmarkSpec,
    clade: Clade,
    leaf: Leaf,
    genome: Genome,
    registry: pl.DataFrame,
    seed: int,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return a task's table in the layout of the processed releases, and a description of it.

    The table has gene (symbol), transcript, chromosome, sequence, cds, splice, and the targets. The
    description states terms, noise, prevalences and the ceiling: the score of the noise-free signal
    against the labels (Pearson's r, or micro-averaged auPRC).
    """
    rng = stream(seed, "labels", benchmark.file)
    rows = _labelled(benchmark, clade, registry, rng)
    transcripts = mature(clade, leaf, rows["isoform"].to_numpy())
    signal = signals(benchmark, features(clade, transcripts))
    target, best = _targets(benchmark, signal, rng)
    if benchmark.classes:
        ceiling = average_precision(best.ravel(), target.ravel())
    else:
        ceiling = float(np.corrcoef(best.ravel(), target.ravel())[0, 1])
    table = _layout(clade, genome, rows, transcripts).with_columns(_columns(benchmark, target))
    return table, _describe(benchmark, target, ceiling)


def _labelled(
    benchmark: BenchmarkSpec, clade: Clade, registry: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    """Choose the transcripts that carry labels: complete, coding, a share of them all."""
    complete = clade.isoforms.complete[registry["isoform"].to_numpy()].all(axis=1)
    rows = registry.filter(pl.col("coding") & pl.Series(complete))
    if not benchmark.isoforms:
        rows = rows.filter(pl.col("kind") == "canonical")
    return rows.filter(pl.Series(rng.random(len(rows)) < benchmark.share))


def signals(benchmark: BenchmarkSpec, measured: pl.DataFrame) -> np.ndarray:
    """Return the noise-free signal of every label, (transcripts, labels), each of unit variance."""
    columns = []
    for label in benchmark.labels:
        weighted = sum(
            (weight * _standard(measured[name].to_numpy()) for name, weight in label.terms.items()),
            start=np.zeros(len(measured)),
        )
        columns.append(_standard(weighted))
    return np.stack(columns, axis=1)


def _standard(values: np.ndarray) -> np.ndarray:
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))


def _targets(
    benchmark: BenchmarkSpec, signal: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels and their best prediction: the signal, or each class's probability."""
    if not benchmark.classes:
        return signal + benchmark.noise * rng.standard_normal(signal.shape), signal
    noisy = signal + rng.logistic(0, benchmark.noise, signal.shape)
    prevalence = np.array([label.prevalence for label in benchmark.labels])
    count = np.rint(prevalence * len(signal)).astype(int)
    threshold = -np.sort(-noisy, axis=0)[count, np.arange(signal.shape[1])]
    probability = 1 / (1 + np.exp((threshold - signal) / benchmark.noise))
    return (noisy > threshold).astype(np.float64), probability


def average_precision(score: np.ndarray, label: np.ndarray) -> float:
    """Return the area under the precision–recall curve as a sum over distinct scores."""
    order = np.argsort(-score, kind="stable")
    score, hits = score[order], np.cumsum(label[order])
    last = np.append(score[1:] != score[:-1], True)
    precision = hits[last] / (np.flatnonzero(last) + 1)
    gained = np.diff(hits[last], prepend=0)
    return float((precision * gained).sum() / hits[-1])


def _layout(clade: Clade, genome: Genome, rows: pl.DataFrame, transcripts: Mature) -> pl.DataFrame:
    first = clade.isoforms.exons[clade.isoforms.offsets[transcripts.isoform], 0]
    chrom = genome.primary.chrom[genome.primary.piece(first)]
    return pl.DataFrame(
        {
            "gene": rows["gene_name"],
            "transcript": rows["transcript_id"],
            "chromosome": np.array(genome.names)[chrom],
            "sequence": transcripts.sequences(),
            "cds": transcripts.lists(transcripts.frame == 0),
            "splice": transcripts.lists(transcripts.exon_end),
        }
    )


def _columns(benchmark: BenchmarkSpec, target: np.ndarray) -> list[pl.Series]:
    if benchmark.columns:
        return [
            pl.Series(f"target_{label.name}", target[:, index])
            for index, label in enumerate(benchmark.labels)
        ]
    if benchmark.classes:
        return [pl.Series("target", target.tolist(), dtype=pl.List(pl.Float64))]
    return [pl.Series("target", target[:, 0])]


def _describe(benchmark: BenchmarkSpec, target: np.ndarray, ceiling: float) -> dict[str, Any]:
    kind = "logistic" if benchmark.classes else "gaussian"
    return {
        "species": benchmark.assembly,
        "transcripts": len(target),
        "noise": {"kind": kind, "scale": benchmark.noise},
        "metric": "auprc_micro" if benchmark.classes else "pearson",
        "ceiling": round(ceiling, 6),
        "labels": [
            {"name": label.name, "terms": label.terms}
            | ({"prevalence": round(float(positive), 6)} if benchmark.classes else {})
            for label, positive in zip(benchmark.labels, target.mean(axis=0), strict=True)
        ],
    }

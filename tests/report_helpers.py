"""A folder of results as a build leaves it, with made-up numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from evaluate_helpers import probe_table, random_codes, write_test_store

from orthrus import tables
from orthrus.config.evaluate import ZscoreSettings
from orthrus.config.pretrain import PretrainSettings
from orthrus.evaluate import zscore
from orthrus.evaluate.umap import MAP
from orthrus.files import write_json
from orthrus.tasks.registry import TASKS

MODELS = ("contrastive", "mask_only", "untrained")


def write_data(folder: Path, sets: int = 3) -> None:
    """Write what annotation, transcripts and relations leave; the last set has no store."""
    for at in range(sets):
        name = f"simX{at}.toga_simHum1" if at else "simHum1.gencode_v1"
        facts = {"kept": 40 + at, "excluded": {"alt": 2, "PAR": 1}, "rejected": {"bad": at}}
        write_json(facts, folder / f"annotation/{name}/summary.json")
        if at < sets - 1:
            write_test_store(folder / f"transcripts/{name}.zarr", random_codes(40, seed=at))
    counts = {"pairs": 1234, "transcripts": 80, "by_kind": {"splice": 1000, "ortholog": 234}}
    names = ("splice and ortholog", "ortholog", "splice", "none")
    write_json({"datasets": dict.fromkeys(names, counts)}, folder / "relations/counts.json")
    kinds = ("gene_id", "symbol", "homology_group", "chromosome")
    seed = {
        "fractions": {"train": 0.7, "val": 0.15, "test": 0.15},
        "shared": {kind: {"genes": 1, "share": 0.25 * (kind == "chromosome")} for kind in kinds},
    }
    report = {"genes": 300, "largest_group": 12, "seeds": {"1": seed, "2": seed}}
    write_json(report, folder / "relations/splits/homology/simHum1.leakage.json")


def write_models(folder: Path, steps: int = 200) -> None:
    """Write what pretraining leaves of `MODELS`, the last one untrained."""
    for at, name in enumerate(MODELS):
        taken = 0 if name == "untrained" else steps
        train: Any = {"steps": taken}
        augment = {"splice": at == 0, "ortholog": at == 0}
        settings = PretrainSettings.model_validate({"train": train, "augment": augment})
        metrics = ("loss", "val_loss", "val_positive", "val_negative")
        last = {metric: None if taken == 0 else 1.5 + at for metric in metrics}
        summary = {"settings": settings.model_dump(mode="json"), "encoder_parameters": 1_317_120}
        write_json(summary | last, folder / f"pretrain/{name}/summary.json")
        (folder / f"pretrain/{name}/metrics.csv").write_text(_metrics(taken, at))


def _metrics(steps: int, model: int) -> str:
    rng = np.random.default_rng(model)
    lines = ["step,loss,lr,val_loss,val_positive,val_negative"]
    for step in range(steps + 1 if steps else 0):
        loss = 2 + model + 3 * np.exp(-step / 50) + 0.2 * rng.normal() if step else ""
        gone = 1 - np.exp(-step / 60)
        held_out = f"{5 - 2 * gone:.3f},{0.9 - 0.1 * gone:.3f},{0.8 * (1 - gone):.3f}"
        lines.append(f"{step},{loss},{0.001 if step else ''},{',,' if step % 20 else held_out}")
    return "\n".join(lines) + "\n"


def write_evaluation(folder: Path) -> None:
    """Write tasks, probes on the homology split, Z-scores and maps of `MODELS`."""
    rng = np.random.default_rng(0)
    found = []
    for at, (name, task) in enumerate(TASKS.items()):
        labels = ["value"] if task.kind == "regression" else ["a", "b"]
        facts = {"name": name, "title": task.title, "kind": task.kind, "metric": task.metric}
        facts |= {"labels": labels, "species": "Homo simulatus", "n": 700, "max_length": 3000}
        facts |= {"published": {"n": task.published_n, "max_length": task.published_length}}
        write_json(facts | {"dropped": {"no_gene": 3}}, folder / f"tasks/{name}.json")
        for rank, model in enumerate(MODELS):
            other = "spearman_r" if task.kind == "regression" else "auroc_macro"
            level = 0.3 + 0.03 * at + 0.06 * (2 - rank) * rng.uniform(0.3, 1)
            runs = [
                probe_table(name, model, level + 0.02 * rng.normal(size=10), metric)
                for metric in (task.metric, other)
            ]
            path = folder / f"evaluate/probe/homology/{name}/{model}.parquet"
            tables.write(pl.concat(runs), path, tables.PROBE)
            found += runs
    probes = pl.concat(found)
    scores = zscore.zscores(probes)
    tables.write(scores, folder / "evaluate/zscores/homology.parquet", tables.ZSCORES)
    summary = zscore.summarise(scores, "homology", ZscoreSettings())
    write_json(summary, folder / "evaluate/zscores/homology.json")
    for model in MODELS:
        tables.write(_map(rng), folder / f"evaluate/umap/{model}.parquet", MAP)


def _map(rng: np.random.Generator, n: int = 500) -> pl.DataFrame:
    length = np.exp(rng.normal(7, 0.8, n)).astype(int) + 1
    return pl.DataFrame(
        {
            "transcript_id": [f"T{row}" for row in range(n)],
            "x": np.log(length) + rng.normal(size=n),
            "y": rng.normal(size=n),
            "length": length,
            "exons": rng.integers(1, 12, n),
            "cds_length": np.where(rng.random(n) < 0.2, 0, length // 2),
            "gc": rng.uniform(0.3, 0.7, n),
        },
        schema=MAP.schema,
        strict=False,
    )

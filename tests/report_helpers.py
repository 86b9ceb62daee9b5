"""A folder of results as a build leaves it, with made-up numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from evaluate_helpers import probe_table, random_codes, write_test_store

from orthrus import schemas
from orthrus.benchmark_tasks import STRUCTURE, TASKS
from orthrus.config.evaluate import ZscoreSettings
from orthrus.config.pretrain import PretrainSettings
from orthrus.evaluate import zscore
from orthrus.evaluate.umap import MAP
from orthrus.files import write_json
from orthrus.report.load_results import Results

MODELS = ("contrastive", "mask_only", "untrained")
NAMES = {"exact": 24, "renamed": 1, "ambiguous": 1, "missing": 2, "unmatched_share": 0.05}
PAIRS = {
    "kind": "splice", "pairs": 1000, "sampled": 500, "too_long_for_short": 0.25, "too_long": 0.0,
    "length_ratio_q05": 0.2, "length_ratio_median": 0.75, "length_ratio_q95": 1.0,
    "base_utr5_median": 120.0, "partner_utr5_median": 0.0, "base_utr3_median": 1300.0,
    "partner_utr3_median": 0.0, "partner_without_utr": 0.5, "one_without_utr": 0.5,
}  # fmt: skip
NO_PAIRS = {"kind": "naive", "pairs": 0, "sampled": 0}


def empty_results() -> Results:
    """Return the results of a build that made nothing."""
    probes, quality = schemas.PROBE.empty(), schemas.PAIR_QUALITY.empty()
    return Results(
        sets=[], pairs=[], quality=quality, leakage=[], models=[], tasks={}, probes=probes,
        structural=probes, structures=[], task_leakage=[], finetuned=schemas.FINETUNE.empty(),
        supervised=[], comparisons=[], maps={},
    )  # fmt: skip


def write_data(folder: Path, sets: int = 3) -> None:
    """Write what annotation, transcripts and relations leave; the last set has no store."""
    for at in range(sets):
        name = f"simX{at}.toga_simHum1" if at else "simHum1.gencode_v1"
        facts = {"kept": 40 + at, "excluded": {"alt": 2, "PAR": 1}, "rejected": {"bad": at}}
        names = NAMES if at == 0 else {}
        write_json(facts | {"sequence_names": names}, folder / f"annotation/{name}/summary.json")
        if at < sets - 1:
            write_test_store(folder / f"transcripts/{name}.zarr", random_codes(40, seed=at))
    counts = {"pairs": 1234, "transcripts": 80, "by_kind": {"splice": 1000, "ortholog": 234}}
    names = ("splice and ortholog", "ortholog", "splice", "none")
    write_json({"datasets": dict.fromkeys(names, counts)}, folder / "relations/counts.json")
    quality = pl.DataFrame([PAIRS, NO_PAIRS], schema=schemas.PAIR_QUALITY.schema)
    schemas.write_table(quality, folder / "relations/quality.parquet", schemas.PAIR_QUALITY)
    kinds = ("gene_id", "symbol", "homology_group", "chromosome")
    seed = {
        "fractions": {"train": 0.7, "val": 0.15, "test": 0.15},
        "shared": {kind: {"genes": 1, "share": 0.25 * (kind == "chromosome")} for kind in kinds},
    }
    report = {"genes": 300, "largest_group": 12, "seeds": {"1": seed, "2": seed}}
    write_json(report, folder / "relations/splits/homology/simHum1.leakage.json")


def write_models(folder: Path, steps: int = 200, models: Sequence[str] = MODELS) -> None:
    """Write what pretraining leaves of models, of which `untrained` is."""
    for at, name in enumerate(models):
        taken = 0 if name == "untrained" else steps
        train: Any = {"steps": taken}
        augment = {"splice": at == 0, "ortholog": at == 0}
        settings = PretrainSettings.model_validate({"train": train, "augment": augment})
        metrics = ("loss", "val_loss", "val_positive", "val_negative")
        last = {metric: None if taken == 0 else 1.5 + at for metric in metrics}
        summary = {"settings": settings.model_dump(mode="json"), "encoder_parameters": 1_317_120}
        write_json(summary | last, folder / f"pretrain/{name}/summary.json")
        (folder / f"pretrain/{name}/metrics.csv").write_text(_metrics(taken, at))


def write_read_model(folder: Path, name: str = "published") -> None:
    """Write what the conversion of existing weights leaves."""
    summary = {"settings": {"encoder": PretrainSettings().encoder.model_dump(mode="json")}}
    write_json(
        summary | {"encoder_parameters": 1_317_120}, folder / f"pretrain/{name}/summary.json"
    )


def _metrics(steps: int, model: int) -> str:
    rng = np.random.default_rng(model)
    lines = ["step,loss,contrastive,mlm,lr,val_loss,val_positive,val_negative,val_mlm"]
    for step in range(steps + 1 if steps else 0):
        loss = 2 + model + 3 * np.exp(-step / 50) + 0.2 * rng.normal() if step else ""
        gone = 1 - np.exp(-step / 60)
        held_out = f"{5 - 2 * gone:.3f},{0.9 - 0.1 * gone:.3f},{0.8 * (1 - gone):.3f},"
        lr = 0.001 if step else ""
        lines.append(f"{step},{loss},{loss},,{lr},{',,,' if step % 20 else held_out}")
    return "\n".join(lines) + "\n"


def write_evaluation(
    folder: Path, models: Sequence[str] = MODELS, baselines: Sequence[str] = ()
) -> None:
    """Write tasks, probes on the homology split, Z-scores and maps; the first score best."""
    everyone = [*models, *baselines]
    rng = np.random.default_rng(0)
    found = []
    for at, (name, task) in enumerate(TASKS.items()):
        labels = ["value"] if task.kind == "regression" else ["a", "b"]
        facts = {"name": name, "title": task.title, "kind": task.kind, "metric": task.metric}
        facts |= {"labels": labels, "species": "Homo simulatus", "n": 700, "genes": 600}
        facts |= {"max_length": 3000, "published": dict(task.published)}
        write_json(facts | {"dropped": {"no_gene": 3}}, folder / f"tasks/{name}.json")
        for rank, model in enumerate(everyone):
            other = "spearman_r" if task.kind == "regression" else "auroc_macro"
            level = 0.3 + 0.03 * at + 0.12 * (1 - rank / len(everyone)) * rng.uniform(0.3, 1)
            runs = [
                probe_table(name, model, level + 0.02 * rng.normal(size=10), metric)
                for metric in (task.metric, other)
            ]
            path = folder / f"evaluate/probe/homology/{name}/{model}.parquet"
            schemas.write_table(pl.concat(runs), path, schemas.PROBE)
            found += runs
    probes = pl.concat(found)
    scores = zscore.zscores(probes)
    schemas.write_table(scores, folder / "evaluate/zscores/homology.parquet", schemas.ZSCORES)
    summary = zscore.summarise(scores, "homology", ZscoreSettings(reference=models[0]))
    write_json(summary, folder / "evaluate/zscores/homology.json")
    for model in models:
        schemas.write_table(_map(rng), folder / f"evaluate/umap/{model}.parquet", MAP)


def finetune_table(
    task: str,
    model: str,
    values: Sequence[float],
    labels: str = "full",
    metric: str = "pearson_r",
    n_train: int = 400,
    split: str = "homology",
) -> pl.DataFrame:
    """Return FINETUNE rows of one metric, seeds 0, 1, 2, …."""
    rows = [
        {"task": task, "model": model, "split": split, "labels": labels, "seed": seed}
        | {"metric": metric, "value": float(value), "n_train": n_train, "n_val": 60, "n_test": 80}
        | {"steps": 100}
        for seed, value in enumerate(values)
    ]
    return pl.DataFrame(rows, schema=schemas.FINETUNE.schema)


def write_finetuned(folder: Path, models: Sequence[str] = ("contrastive", "mamba")) -> None:
    """Write fine-tuned scores of every task on 30, 100 and all labels; the first model best."""
    rng = np.random.default_rng(1)
    for name, task in TASKS.items():
        for rank, model in enumerate(models):
            runs = [
                finetune_table(
                    name, model, 0.1 * at - 0.05 * rank + 0.02 * rng.normal(size=3) + 0.2,
                    labels, task.metric, n_train,
                )
                for at, (labels, n_train) in enumerate((("30", 30), ("100", 100), ("full", 490)))
            ]  # fmt: skip
            path = folder / f"evaluate/finetune/homology/{name}/{model}.parquet"
            schemas.write_table(pl.concat(runs), path, schemas.FINETUNE)


def write_task_leakage(folder: Path) -> None:
    """Write the leakage reports of all tasks: at worst, a fiftieth of the test rows is known."""
    shared = {"gene": 0, "homology_group": 0, "sequence": 1, "near_identical": 2}
    seeds = {"1": {"test": 100, "shared": shared}, "2": {"test": 100, "shared": shared}}
    for name in TASKS:
        report = {"rows": 700, "not_compared": 4, "seeds": seeds}
        write_json(report, folder / f"evaluate/leakage/homology/{name}.json")


BIOTYPES = ("protein_coding", "lncRNA", "retained_intron")


def write_structure(folder: Path, models: Sequence[str] = MODELS) -> None:
    """Write two structural tasks, their probes, and what these predict of held-out transcripts."""
    rng = np.random.default_rng(2)
    n = 200
    own = rng.integers(0, len(BIOTYPES), n)
    lengths = rng.normal(10, 2, (n, 1))
    chosen: dict[str, tuple[Sequence[str], np.ndarray[Any, Any]]] = {
        "cds-length": (["log2(1 + number)"], lengths),
        "biotype": (BIOTYPES, np.eye(len(BIOTYPES))[own]),
    }
    for name, (labels, targets) in chosen.items():
        task = STRUCTURE[name]
        facts = {"name": name, "title": task.title, "kind": task.kind, "metric": task.metric}
        facts |= {"labels": labels, "species": "Homo simulatus", "n": n, "max_length": 3000}
        facts |= {"exclusive": True} if name == "biotype" else {}
        write_json(facts | {"dropped": {}}, folder / f"tasks/{name}.json")
        for rank, model in enumerate(models):
            place = f"homology/{name}/{model}.parquet"
            probes = probe_table(name, model, [0.8 - 0.1 * rank] * 2, task.metric)
            schemas.write_table(probes, folder / f"evaluate/probe/{place}", schemas.PROBE)
            noise = (0.3 + 0.2 * rank) * rng.normal(size=targets.shape)
            predictions = held_out_table(targets, targets + noise)
            schemas.write_table(
                predictions, folder / f"evaluate/held_out/{place}", schemas.HELD_OUT
            )


def held_out_table(targets: Any, predicted: Any, seed: int = 1) -> pl.DataFrame:
    """Return HELD_OUT rows of transcripts T0, T1, … of one seed."""
    columns = {
        "transcript_id": [f"T{row}" for row in range(len(targets))],
        "seed": [seed] * len(targets),
        "target": [list(map(float, row)) for row in targets],
        "predicted": [list(map(float, row)) for row in predicted],
    }
    return pl.DataFrame(columns, schema=schemas.HELD_OUT.schema)


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

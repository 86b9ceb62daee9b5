"""The `orthrus evaluate` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orthrus import output_formats
from orthrus.evaluate.embed_cli import Assignments, embed, predict
from orthrus.log import say

app = typer.Typer(help="Measure what an encoder learned: embeddings, probes, Z-scores, maps.")

Output = Annotated[
    Path,
    typer.Option(
        "-o", "--output", callback=output_formats.table, help="Table to write (.parquet)."
    ),
]
Task = Annotated[Path, typer.Argument(help="Task table, its facts (.json) beside it.")]
Splits = Annotated[Path, typer.Argument(help="Splits of the genes of its species.")]


def _name(name: str) -> str:
    """Refuse a name that would not be safe as part of a path."""
    from orthrus.config.settings_model import name_option

    return name_option(name)


ModelName = Annotated[str, typer.Option(callback=_name, help="Name of the model, for the table.")]
SplitName = Annotated[str, typer.Option(callback=_name, help="Name of the split, for the table.")]

app.command()(embed)


@app.command()
def features(
    source: Annotated[Path, typer.Argument(help="Store (.zarr) or task table (.parquet).")],
    output: Output,
    assignments: Assignments = None,
) -> None:
    """Count k-mers and lengths of every transcript: a baseline in place of embeddings.

    Example: orthrus evaluate features tasks/go-mf.parquet -o kmers.parquet --set k=3
    """
    from orthrus.config import settings
    from orthrus.config.evaluate import FeatureSettings
    from orthrus.evaluate import baseline_features as stage
    from orthrus.evaluate import embeddings_io, transcript_inputs

    transcripts = transcript_inputs.open_transcripts(source)
    matrix = stage.count(transcripts, settings(FeatureSettings, assignments or []))
    embeddings_io.write_embeddings(output, transcripts.names, matrix)
    say(f"{output}: {len(matrix)} transcripts, {matrix.shape[1]} features")


@app.command()
def external(
    task: Task,
    embeddings: Annotated[Path, typer.Argument(help="Parquet, .npy or .npz of another model.")],
    output: Output,
) -> None:
    """Take the embeddings of another model, so that it can be probed beside ours.

    Parquet needs the columns transcript_id and embedding. An array (n, width) without names, a .npy
    file or the only array of an .npz file, stands in the order of the task, or of the published
    file that the task was made from.

    Example: orthrus evaluate external tasks/go-mf.parquet other/go-mf.npy -o other.parquet
    """
    from orthrus import schemas
    from orthrus.evaluate import embeddings_io, external_embeddings
    from orthrus.files import read_json

    names = schemas.read_table(task, schemas.TASK)["transcript_id"]
    released = read_json(task.with_suffix(".json")).get("released")
    matrix = external_embeddings.read_external(embeddings, names, released)
    embeddings_io.write_embeddings(output, names, matrix)
    say(f"{output}: {len(matrix)} transcripts, width {matrix.shape[1]}")


@app.command()
def probe(
    task: Task,
    embeddings: Annotated[Path, typer.Argument(help="Embeddings of its transcripts.")],
    splits: Splits,
    output: Output,
    model: ModelName,
    split: SplitName,
    save: Annotated[
        Path | None, typer.Option(help="Keep the fitted probes, for `orthrus predict`.")
    ] = None,
    assignments: Assignments = None,
) -> None:
    """Fit a linear probe for every seed and score it on held-out genes.

    Example: orthrus evaluate probe go-mf.parquet embedded.parquet hg38.parquet -o probe.parquet
    --model contrastive --split homology
    """
    from orthrus import schemas
    from orthrus.config import settings
    from orthrus.config.evaluate import ProbeSettings
    from orthrus.evaluate.run_probe import benchmark

    chosen = settings(ProbeSettings, assignments or [])
    names = {"model": model, "split": split}
    frame, fitted, lines = benchmark(task, embeddings, splits, names, chosen)
    if save:
        fitted.write(save)
    schemas.write_table(frame, output, schemas.PROBE)
    for line in lines:
        say(f"{output}: {line}")


@app.command("held-out")
def held_out(
    task: Task,
    embeddings: Annotated[Path, typer.Argument(help="Embeddings of its transcripts.")],
    splits: Splits,
    probe: Annotated[Path, typer.Argument(help="Fitted probe (.safetensors) of the task.")],
    output: Output,
) -> None:
    """Write what every seed's probe predicts of the test rows, beside their targets.

    Example: orthrus evaluate held-out biotype.parquet embedded.parquet hg38.parquet
    probe.safetensors -o predicted.parquet
    """
    from orthrus import schemas
    from orthrus.evaluate import run_probe as stage

    frame = stage.held_out(task, embeddings, splits, probe)
    schemas.write_table(frame, output, schemas.HELD_OUT)
    say(f"{output}: {frame.height} predictions")


@app.command()
def finetune(
    task: Task,
    splits: Splits,
    output: Output,
    model: ModelName,
    split: SplitName,
    weights: Annotated[
        Path | None,
        typer.Option(help="Pretrained weights; without them `encoder` starts from fresh ones."),
    ] = None,
    assignments: Assignments = None,
) -> None:
    """Train an encoder and a head on few and on all labels, and score them on held-out genes.

    Examples: orthrus evaluate finetune go-mf.parquet hg38.parquet -o tuned.parquet
    --weights pretrain/contrastive --model contrastive --split homology

    orthrus evaluate finetune go-mf.parquet hg38.parquet -o saluki.parquet
    --set encoder.kind=saluki --model saluki --split homology
    """
    from orthrus import schemas
    from orthrus.config import settings
    from orthrus.config.finetune import FinetuneRun
    from orthrus.evaluate import finetune as stage

    chosen = settings(FinetuneRun, assignments or [])
    names = {"model": model, "split": split}
    frame, lines = stage.finetune(task, splits, weights, names, chosen)
    schemas.write_table(frame, output, schemas.FINETUNE)
    for line in lines:
        say(f"{output}: {line}")


app.command()(predict)


@app.command()
def zscore(
    probes: Annotated[list[Path], typer.Argument(help="Probe tables of every model and task.")],
    output: Output,
    summary: Annotated[
        Path,
        typer.Option(callback=output_formats.plain, help="Aggregates and tests to write (.json)."),
    ],
    assignments: Assignments = None,
) -> None:
    """Compare models over all tasks by Z-scores, and test each against the reference.

    Example: orthrus evaluate zscore probe/*/*.parquet -o z.parquet --summary z.json
    --set reference=contrastive
    """
    import polars as pl

    from orthrus import schemas
    from orthrus.config import settings
    from orthrus.config.evaluate import ZscoreSettings
    from orthrus.evaluate import zscore as stage
    from orthrus.files import write_json

    chosen = settings(ZscoreSettings, assignments or [])
    runs = schemas.check(
        pl.concat([schemas.read_table(path, schemas.PROBE) for path in probes]), schemas.PROBE
    )
    scores = stage.zscores(runs)
    facts = stage.summarise(scores, runs["split"][0], chosen)
    schemas.write_table(scores, output, schemas.ZSCORES)
    write_json(facts, summary)
    say(f"{output}: " + " > ".join(f"{m} ({facts['aggregate'][m]:.2f})" for m in facts["models"]))


@app.command()
def umap(
    store: Annotated[Path, typer.Argument(help="Store whose transcripts are drawn.")],
    embeddings: Annotated[Path, typer.Argument(help="Embeddings of its transcripts.")],
    output: Output,
    assignments: Assignments = None,
) -> None:
    """Lay out the embeddings of a store in two dimensions.

    Example: orthrus evaluate umap hg38.gencode_v43.zarr embedded.parquet -o map.parquet
    """
    from orthrus import schemas
    from orthrus.config import settings
    from orthrus.config.evaluate import UmapSettings
    from orthrus.evaluate import embeddings_io
    from orthrus.evaluate import umap as stage
    from orthrus.transcripts.store import Store

    chosen = settings(UmapSettings, assignments or [])
    opened = Store.open(store)
    rows = stage.sample(len(opened), chosen)
    facts = stage.properties(opened, rows)
    points = stage.layout(embeddings_io.of(embeddings, facts["transcript_id"]), chosen)
    frame = facts.with_columns(x=points[:, 0], y=points[:, 1]).select(*stage.MAP.columns)
    schemas.write_table(frame, output, stage.MAP)
    say(f"{output}: {frame.height} transcripts")


@app.command()
def leakage(
    task: Annotated[Path, typer.Argument(help="Task table (.parquet).")],
    splits: Splits,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", callback=output_formats.plain, help="Report to write (.json)."
        ),
    ],
    homology: Annotated[
        Path | None, typer.Option(help="Homology groups of the same genes, to count them too.")
    ] = None,
) -> None:
    """Count the test rows of a task whose sequence, gene or homology group is in training.

    Sequences count that are the same, and those that are nearly so.

    Example: orthrus evaluate leakage tasks/go-mf.parquet hg38.parquet -o leakage.json
    --homology homology.parquet
    """
    from orthrus import schemas
    from orthrus.evaluate import folds
    from orthrus.evaluate import leakage as stage
    from orthrus.files import write_json

    table, known = (
        schemas.read_table(task, schemas.TASK),
        schemas.read_table(splits, schemas.SPLITS),
    )
    folds.refuse_other_species(table, task, known, splits)
    groups = schemas.read_table(homology, schemas.HOMOLOGY) if homology else None
    if homology and groups is not None:
        folds.refuse_other_species(table, task, groups, homology)
    found = stage.report(table, known, groups)
    write_json(found, output)
    worst = max(seed["shared"]["near_identical"] for seed in found["seeds"].values())
    say(f"{output}: at most {worst} test rows of a seed are nearly identical to a training row")

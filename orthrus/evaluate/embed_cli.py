"""The commands that take anyone's transcripts: embed and predict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from orthrus import output_formats
from orthrus.transcripts import cli as files

Source = Annotated[
    Path | None,
    typer.Argument(help="Store (.zarr), task table (.parquet) or FASTA of mature transcripts."),
]
MaxMemory = Annotated[
    str | None, typer.Option(help="Limit of memory, such as 4G; sets the size of batches.")
]
Assignments = Annotated[
    list[str] | None, typer.Option("--set", help="A setting, key=value; may be repeated.")
]


def embed(
    model: Annotated[
        Path,
        typer.Option(
            "--model", "--weights", help="Weights: folder, checkpoint or owner/name (or --weights)."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            callback=output_formats.plain,
            help="File to write (.parquet, .npy or .zarr).",
        ),
    ],
    source: Source = None,
    annotation: files.Annotation = None,
    genome: files.Genome = None,
    aliases: files.AliasTable = None,
    mature: files.Mature = None,
    features: files.Features = None,
    form: Annotated[
        Literal["parquet", "npy", "zarr"] | None,
        typer.Option("--format", help="By default as the suffix of OUTPUT says."),
    ] = None,
    max_memory: MaxMemory = None,
    assignments: Assignments = None,
) -> None:
    """Embed every transcript of a store, a task, or files of your own.

    The order is that of the input. Rerun the command to resume. Parquet holds
    transcript_id and embedding; .npy the vectors, with the names beside it in .ids.txt; .zarr both.

    Examples: orthrus embed hg38.gencode_v43.zarr --model pretrain/contrastive -o out.parquet

    orthrus embed --gtf novel.gtf --fasta hg38.fa --weights WEIGHTS -o out.parquet --set threads=4

    orthrus embed isoforms.fa --weights WEIGHTS -o out.npy --max-memory 4G
    """
    from orthrus.config import settings
    from orthrus.config.evaluate import EmbedSettings
    from orthrus.evaluate.api import embed_file
    from orthrus.evaluate.transcript_inputs import InputSpec

    chosen = settings(EmbedSettings, assignments or [])
    given = InputSpec(source, annotation, genome, aliases, mature, features)
    embed_file(given, model, output, chosen, form, max_memory)


def predict(
    probe: Annotated[Path, typer.Option(help="Fitted probe (.safetensors).")],
    model: Annotated[
        Path, typer.Option("--model", "--weights", help="Weights that it was fitted to.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            callback=output_formats.plain,
            help="Table to write (.parquet, .tsv or .csv).",
        ),
    ],
    source: Source = None,
    annotation: files.Annotation = None,
    genome: files.Genome = None,
    aliases: files.AliasTable = None,
    mature: files.Mature = None,
    features: files.Features = None,
    max_memory: MaxMemory = None,
    assignments: Assignments = None,
) -> None:
    """Predict a property of new transcripts with a probe that was fitted and kept.

    One column per label: the mean over the probes of all seeds, and their spread. The files of your
    own are given as to `orthrus embed`. Weights that the probe was not fitted to are refused.

    Example: orthrus predict --gtf novel.gtf --fasta hg38.fa --weights WEIGHTS
    --probe results/demo/evaluate/probe/homology/go-mf/contrastive.safetensors -o predicted.tsv
    """
    from orthrus.config import settings
    from orthrus.config.evaluate import EmbedSettings
    from orthrus.evaluate import probe_io
    from orthrus.evaluate.api import predict_file
    from orthrus.evaluate.transcript_inputs import InputSpec

    output_formats.suffix_of(output, *probe_io.PREDICTIONS)
    chosen = settings(EmbedSettings, assignments or [])
    given = InputSpec(source, annotation, genome, aliases, mature, features)
    predict_file(given, probe, model, output, chosen, max_memory)

"""The `orthrus transcripts` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orthrus import output_formats

app = typer.Typer(help="Cut transcripts out of genomes into six-track stores, and look at them.")

StorePath = Annotated[Path, typer.Argument(metavar="STORE", help="A six-track store.")]
AliasTable = Annotated[
    Path | None,
    typer.Option(help="Names of the genome's sequences: chromAlias.txt, assembly_report.txt."),
]


@app.command()
def build(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="transcripts.parquet of `annotation build`.")
    ],
    genome: Annotated[
        Path,
        typer.Argument(metavar="GENOME", help="FASTA (plain, gzip or bgzip) or 2bit."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="STORE",
            callback=output_formats.plain,
            help="The store to write.",
        ),
    ],
    aliases: AliasTable = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="E.g. codon_phase=from_cds_start."),
    ] = None,
) -> None:
    """Encode every transcript of a table from a genome into a store.

    Transcripts that do not fit the genome are listed in the store's rejected.parquet.

    Example: orthrus transcripts build annotation/hg38.gencode_v43/transcripts.parquet
    hg38.fa.gz -o hg38.gencode_v43.zarr
    """
    from orthrus.annotation.row_filter import tell
    from orthrus.config import settings
    from orthrus.config.transcripts import TranscriptsSettings
    from orthrus.log import say
    from orthrus.transcripts.encode import encode_store

    chosen = settings(TranscriptsSettings, assignments or [])
    encoded = encode_store(table, genome, output, chosen, aliases)
    say(
        f"{output}: {len(encoded.table):,} transcripts, {len(encoded.codes):,} nt, "
        f"{tell(encoded.rejected, 'rejected')}; {encoded.tell_names()}"
    )
    for line in encoded.tell_changes():
        say(f"{table}: {line}")


Annotation = Annotated[
    Path | None,
    typer.Option(
        *("--annotation", "--gtf", "--gff3", "--genepred", "--bed"),
        help="Gene table (or --gtf, --gff3, --genepred, --bed): its content decides on the format.",
    ),
]
Genome = Annotated[
    Path | None,
    typer.Option(
        "--genome", "--fasta", "--2bit", help="Its genome (or --fasta, --2bit): FASTA or 2bit."
    ),
]
Mature = Annotated[Path | None, typer.Option(help="FASTA of mature transcripts, in place of both.")]
Features = Annotated[
    Path | None,
    typer.Option(help="Table of their transcript_id, cds, exons, gene_id, gene_name, biotype."),
]


@app.command("encode")
def encode_files(
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="STORE",
            callback=output_formats.plain,
            help="The store to write.",
        ),
    ],
    annotation: Annotation = None,
    genome: Genome = None,
    aliases: AliasTable = None,
    mature: Mature = None,
    features: Features = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the annotation set, <assembly>.<annotation>.")
    ] = None,
    species: Annotated[str, typer.Option(help="Scientific name.")] = "unknown",
    assignments: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="E.g. annotation.min_intron=20, transcripts.…=…"
        ),
    ] = None,
) -> None:
    """Make a store of your own transcripts, from a gene table and a genome or from their FASTA.

    Files may be plain, gzip or bgzip. The rows of a gene table that become no transcript are
    listed, with reasons, beside the store, in a folder that ends in .annotation. In --mature, a
    header may say cds=201-1200 exons=1-501,502-3502 (from 1, last position included), as a line of
    --features may.

    Examples: orthrus encode --gtf my.gtf --fasta hg38.fa.gz -o my.zarr

    orthrus encode --mature isoforms.fa --features isoforms.tsv -o isoforms.zarr
    """
    from orthrus.annotation.normalize import SetMetadata
    from orthrus.config import settings
    from orthrus.config.custom import CustomSettings
    from orthrus.log import say
    from orthrus.transcripts import custom as stage

    files = stage.CustomFiles(annotation, genome, aliases, mature, features)
    label = SetMetadata(name or files.default_name, species)
    dropped = output_formats.plain(stage.report_folder(output)) if annotation else None
    for line in stage.encode(
        files, output, label, settings(CustomSettings, assignments or []), dropped
    ):
        say(line)


@app.command()
def show(
    store: StorePath,
    transcript: Annotated[str, typer.Argument(metavar="ID", help="A transcript id.")],
) -> None:
    """Print a transcript with its codons, amino acids and exon ends.

    Positions count from 1, the last one included.

    Example: orthrus transcripts show hg38.gencode_v43.zarr ENST00000269305.9
    """
    from rich.console import Console

    from orthrus.transcripts.display import layout
    from orthrus.transcripts.store import Store

    Console(highlight=False, soft_wrap=True).print(layout(Store.open(store), transcript))


@app.command()
def info(store: StorePath) -> None:
    """Check a store against its digest and print what it holds, as JSON.

    Example: orthrus transcripts info hg38.gencode_v43.zarr
    """
    import json

    from orthrus.transcripts.display import describe
    from orthrus.transcripts.store import Store

    print(json.dumps(describe(Store.open(store)), indent=2))

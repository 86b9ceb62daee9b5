"""The `orthrus transcripts` commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Cut transcripts out of genomes into six-track stores, and look at them.")

StorePath = Annotated[Path, typer.Argument(metavar="STORE", help="A six-track store.")]


@app.command()
def encode(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="transcripts.parquet of `annotation build`.")
    ],
    genome: Annotated[
        Path,
        typer.Argument(metavar="GENOME", help="FASTA (plain, gzip or bgzip) or 2bit."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="STORE", help="The store to write.")
    ],
    aliases: Annotated[
        Path | None,
        typer.Option(help="Names of the genome's sequences: chromAlias.txt, assembly_report.txt."),
    ] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="codon_phase, max_rejected."),
    ] = None,
) -> None:
    """Encode every transcript of a table from a genome into a store.

    Transcripts that do not fit the genome are listed in the store's rejected.parquet.

    Example: orthrus transcripts encode annotation/hg38.gencode_v43/transcripts.parquet
    hg38.fa.gz -o hg38.gencode_v43.zarr
    """
    from orthrus.config import settings
    from orthrus.config.transcripts import TranscriptsSettings
    from orthrus.log import say
    from orthrus.transcripts.encode import encode_store

    chosen = settings(TranscriptsSettings, assignments or [])
    encoded = encode_store(table, genome, output, chosen, aliases)
    say(
        f"{output}: {len(encoded.table):,} transcripts, {len(encoded.codes):,} nt, "
        f"{len(encoded.rejected):,} rejected"
    )


@app.command()
def show(
    store: StorePath,
    transcript: Annotated[str, typer.Argument(metavar="ID", help="A transcript id.")],
) -> None:
    """Print a transcript with its codons, amino acids and exon ends.

    Example: orthrus transcripts show hg38.gencode_v43.zarr ENST00000269305.9
    """
    from rich.console import Console

    from orthrus.transcripts.show import layout
    from orthrus.transcripts.store import Store

    Console(highlight=False, soft_wrap=True).print(layout(Store.open(store), transcript))


@app.command()
def info(store: StorePath) -> None:
    """Check a store against its digest and print what it holds, as JSON.

    Example: orthrus transcripts info hg38.gencode_v43.zarr
    """
    import json

    from orthrus.transcripts.show import describe
    from orthrus.transcripts.store import Store

    print(json.dumps(describe(Store.open(store)), indent=2))

"""Embedding in one call, from whatever form transcripts have: `orthrus.embed`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl

from orthrus import schemas
from orthrus.config.evaluate import EmbedSettings
from orthrus.config.settings_model import parse
from orthrus.evaluate import embed as stage
from orthrus.evaluate import embeddings_io, memory_budget, transcript_inputs
from orthrus.log import say
from orthrus.models import checkpoint
from orthrus.models.base import Encoder
from orthrus.models.device import choose

PathLike = str | os.PathLike[str]


def embed(
    source: PathLike | None = None,
    *,
    model: PathLike | Encoder,
    annotation: PathLike | None = None,
    genome: PathLike | None = None,
    aliases: PathLike | None = None,
    mature: PathLike | None = None,
    features: PathLike | None = None,
    max_memory: str | int | None = None,
    **settings: Any,
) -> pl.DataFrame:
    """Embed transcripts with a trained encoder.

    Parameters
    ----------
    source
        A store, a task table, or a FASTA file of mature transcripts; or else give
    annotation, genome, aliases
        a gene table (GTF, GFF3, genePred, BED12), its genome (FASTA, 2bit), and further names of
        the genome's sequences, or
    mature, features
        a FASTA file of mature transcripts, and a table of their CDS and exons.
    model
        The folder of its weights, or the encoder itself.
    max_memory
        Upper limit of the memory of this process, such as "4G"; see `limited`.
    **settings
        Keys of `EmbedSettings`: max_tokens, threads, device.

    Returns
    -------
    pl.DataFrame
        `transcript_id` and `embedding` (float32, fixed size), in the order of the input; its
        `.to_numpy()` is (n, width).

    Raises
    ------
    OrthrusError
        An input is unusable, or the model diverged.

    Examples
    --------
    >>> orthrus.embed(annotation="my.gtf", genome="hg38.fa", model="weights")  # doctest: +SKIP
    """
    chosen = parse(EmbedSettings, settings, "embed")
    encoder = model if isinstance(model, Encoder) else checkpoint.load(Path(model))
    given = (source, annotation, genome, aliases, mature, features)
    transcripts = read_transcripts(transcript_inputs.InputSpec(*map(_path, given)), encoder)
    chosen = limited(chosen, max_memory, encoder, transcripts)
    matrix = stage.embed(encoder, transcripts, chosen)
    columns = {"transcript_id": transcripts.names, "embedding": matrix}
    return pl.DataFrame(columns, schema=schemas.embeddings(encoder.width).schema)


def embed_file(
    given: transcript_inputs.InputSpec,
    model: Path,
    output: Path,
    settings: EmbedSettings,
    form: embeddings_io.Form | None = None,
    max_memory: str | None = None,
) -> None:
    """Embed transcripts into the file `output`, and say what was done; see `embed`.

    A call that was killed is continued by the next one.
    """
    form = form or embeddings_io.form_of(output)
    embeddings_io.check_output(form, output)
    encoder = checkpoint.load(model)
    transcripts = read_transcripts(given, encoder)
    settings = limited(settings, max_memory, encoder, transcripts)
    with stage.embedded(encoder, transcripts, settings, output) as matrix:
        digest = checkpoint.digest(encoder)
        embeddings_io.write_as(form, output, transcripts.names, matrix, digest)
    say(f"{output}: {len(matrix)} transcripts, {len(transcripts.codes)} nt, width {encoder.width}")


def read_transcripts(
    given: transcript_inputs.InputSpec, encoder: Encoder
) -> transcript_inputs.Transcripts:
    """Read transcripts, and say what the encoder cannot know of them."""
    transcripts = given.read()
    for line in transcript_inputs.shortcomings(transcripts, encoder.settings.n_tracks):
        say(line)
    return transcripts


def limited(
    settings: EmbedSettings,
    max_memory: str | int | None,
    encoder: Encoder,
    transcripts: transcript_inputs.Transcripts,
) -> EmbedSettings:
    """Return settings whose batches fit into `max_memory` bytes (or a size such as `4G`).

    On the CPU, where larger batches are no faster, `max_tokens` is lowered only; on a GPU, of whose
    memory the limit is then, it becomes whatever fits.
    """
    if max_memory is None:
        return settings
    limit = max_memory if isinstance(max_memory, int) else memory_budget.parse_size(max_memory)
    tokens = memory_budget.tokens_within(limit, encoder, transcripts)
    if choose(settings.device, "device").type == "cpu":
        tokens = min(tokens, settings.max_tokens)
    return settings.model_copy(update={"max_tokens": tokens})


def _path(given: PathLike | None) -> Path | None:
    return None if given is None else Path(given)

"""Embedding in one call, from whatever form transcripts have: `orthrus.embed`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl

from orthrus import schemas
from orthrus.array_types import Floats32
from orthrus.config.evaluate import EmbedSettings
from orthrus.config.settings_model import parse
from orthrus.errors import at_fault
from orthrus.evaluate import embed as stage
from orthrus.evaluate import embeddings_io, memory_budget, probe_io, transcript_inputs
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
    r"""Embed transcripts with a trained encoder.

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
    >>> import tempfile
    >>> from orthrus.config.models import EncoderSettings
    >>> from orthrus.models.registry import make
    >>> encoder = make(EncoderSettings(width=16, layers=1)).eval()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fasta = Path(folder, "mature.fa")
    ...     _ = fasta.write_text(">t1 cds=4-12 exons=1-6,7-15\nACGATGGCCTAAGGA\n")
    ...     table = embed(fasta, model=encoder, device="cpu")
    >>> table.columns, table["embedding"].to_numpy().shape
    (['transcript_id', 'embedding'], (1, 16))
    """
    chosen = parse(EmbedSettings, settings, "embed")
    encoder = model if isinstance(model, Encoder) else checkpoint.load_model(Path(model))
    given = _spec(source, annotation, genome, aliases, mature, features)
    names, matrix = _embedded(given, encoder, chosen, max_memory)
    columns = {"transcript_id": names, "embedding": matrix}
    return pl.DataFrame(columns, schema=schemas.embeddings(encoder.width).schema)


def predict(
    source: PathLike | None = None,
    *,
    probe: PathLike,
    model: PathLike | Encoder,
    annotation: PathLike | None = None,
    genome: PathLike | None = None,
    aliases: PathLike | None = None,
    mature: PathLike | None = None,
    features: PathLike | None = None,
    max_memory: str | int | None = None,
    **settings: Any,
) -> pl.DataFrame:
    r"""Predict a property of transcripts with a fitted probe.

    Parameters
    ----------
    source, annotation, genome, aliases, mature, features
        Transcripts, as of `embed`.
    model, max_memory, **settings
        As of `embed`. Weights that the probe was not fitted to are refused.
    probe
        A probe that `orthrus evaluate probe --save` or a build kept (.safetensors).

    Returns
    -------
    polars.DataFrame
        `transcript_id`, and per label the mean over the probes of all seeds (float64: a
        probability, or the value of a regression) and, as `<label>_sd`, their spread.

    Raises
    ------
    OrthrusError
        An input is unusable, or the probe is of another model.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from orthrus.config.models import EncoderSettings
    >>> from orthrus.models.registry import make
    >>> encoder = make(EncoderSettings(width=16, layers=1)).eval()
    >>> shapes = np.zeros(16), np.ones(16), np.zeros((16, 1)), np.array([2.5])
    >>> fit = probe_io.Linear(*shapes, probabilities=False)
    >>> facts = {"task": "t", "model": "m", "kind": "regression", "labels": ["value"], "seeds": [0],
    ...     "digest": checkpoint.digest(encoder)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fasta = Path(folder, "mature.fa")
    ...     _ = fasta.write_text(">t1 cds=4-12 exons=1-6,7-15\nACGATGGCCTAAGGA\n")
    ...     probe_io.Probe(facts, [fit]).write(Path(folder, "p.safetensors"))
    ...     table = predict(fasta, probe=Path(folder, "p.safetensors"), model=encoder, device="cpu")
    >>> table.row(0)
    ('t1', 2.5, 0.0)
    """
    chosen = parse(EmbedSettings, settings, "predict")
    encoder = model if isinstance(model, Encoder) else checkpoint.load_model(Path(model))
    fitted = matching_probe(Path(probe), encoder)
    given = _spec(source, annotation, genome, aliases, mature, features)
    names, matrix = _embedded(given, encoder, chosen, max_memory)
    return probe_io.predictions(names, fitted, matrix.astype("float64"))


def predict_file(
    given: transcript_inputs.InputSpec,
    probe: Path,
    model: Path,
    output: Path,
    settings: EmbedSettings,
    max_memory: str | None = None,
) -> None:
    """Predict into the file `output`, and say what was done; see `predict`."""
    encoder = checkpoint.load_model(model)
    fitted = matching_probe(probe, encoder)
    names, matrix = _embedded(given, encoder, settings, max_memory)
    probe_io.write_predictions(output, names, fitted, matrix.astype("float64"))
    say(f"{output}: {fitted.facts['task']} of {len(matrix)} transcripts")


def matching_probe(path: Path, encoder: Encoder) -> probe_io.Probe:
    """Read a probe; OrthrusError unless it was fitted to this encoder."""
    fitted = probe_io.Probe.read(path)
    fitted.check_width(encoder.width)
    with at_fault(path):
        fitted.check_model(checkpoint.digest(encoder))
    return fitted


def _embedded(
    given: transcript_inputs.InputSpec,
    encoder: Encoder,
    settings: EmbedSettings,
    max_memory: str | int | None,
) -> tuple[pl.Series, Floats32]:
    """Return the names of transcripts and their vectors (n, width)."""
    transcripts = read_transcripts(given, encoder)
    settings = limited(settings, max_memory, encoder, transcripts)
    return transcripts.names, stage.embed(encoder, transcripts, settings)


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
    encoder = checkpoint.load_model(model)
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


def _spec(*given: PathLike | None) -> transcript_inputs.InputSpec:
    """Return what was given as paths, in the order of `InputSpec`."""
    return transcript_inputs.InputSpec(*map(_path, given))


def _path(given: PathLike | None) -> Path | None:
    return None if given is None else Path(given)

"""Train one model: open the inputs, resume or start, train, publish."""

from __future__ import annotations

import csv
import hashlib
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import numba
import numpy as np
import torch
from lightning.pytorch.plugins.environments import LightningEnvironment

from orthrus.config.pretrain import PretrainSettings, TrainSettings
from orthrus.errors import OrthrusError
from orthrus.files import atomic_folder, write_json
from orthrus.log import say
from orthrus.models import checkpoint, device
from orthrus.pretrain import STAGE_VERSION
from orthrus.pretrain.callbacks import METRICS, THROUGHPUT, Recorder, Row, Saver, Teller
from orthrus.pretrain.data import Examples, TrainingBatches
from orthrus.pretrain.module import Pretraining
from orthrus.pretrain.state import State, claim
from orthrus.pretrain.validation import HeldOut, split
from orthrus.relations.index import Relations
from orthrus.transcripts.corpus import Corpus
from orthrus.transcripts.store import Store

RELATIONS = (
    "group",
    "member_start",
    "member_end",
    "reference_row",
    "length_class",
    "is_toga",
    "start",
    "toga_start",
    "end",
    "members",
)
"""The arrays of `Relations` that decide which pairs are drawn."""


def train(
    stores: Sequence[Path],
    relations_folder: Path,
    output: Path,
    state_folder: Path,
    settings: PretrainSettings,
) -> None:
    """Train a model and write it to `output`, or go on where the same run was interrupted.

    `output` receives model.safetensors, config.json, metrics.csv, summary.json and throughput.csv,
    all at once; all but throughput.csv are the same for a given number of threads, whether or not
    the training was interrupted.

    Parameters
    ----------
    stores
        In the order that the relations were built with.
    relations_folder
        The output of `orthrus relations build`.
    output
        Folder of the model.
    state_folder
        Where the state of unfinished and finished trainings is kept, one folder per identity.
    settings
        The model.

    Raises
    ------
    OrthrusError
        An input cannot be used, or does not fit the others.
    """
    _set_threads(settings.train.threads)
    relations = Relations.open(relations_folder)
    identity = {
        "stage_version": STAGE_VERSION,
        "settings": settings.model_dump(mode="json"),
        "inputs": {
            "stores": [Store.open(path).digest for path in stores],
            "relations": _digest(relations),
        },
    }
    examples = Examples(Corpus.open(stores), relations, settings)
    training, held_out = split(
        examples.bases(),
        relations.group,
        relations.length_class,
        settings.validation,
        settings.seed,
    )
    if len(training) < 2:
        raise OrthrusError(
            f"{relations_folder}: leaves {len(training)} transcripts to train on; raise "
            "batch.max_length or give more stores"
        )
    module = Pretraining(settings)
    recorder = Recorder(HeldOut(examples, held_out))
    if settings.train.steps:
        with claim(state_folder, identity) as state:
            _fit(module, recorder, TrainingBatches(examples, training, settings.train.steps), state)
    counts = {"training_transcripts": len(training), "validation_transcripts": len(held_out)}
    _publish(output, module, recorder, {**identity, **counts, **_outlook(examples, training)})


def _set_threads(threads: int) -> None:
    """Let torch, and numba as far as it started enough of them, use `threads` threads."""
    torch.set_num_threads(threads)
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]


def _digest(relations: Relations) -> str:
    """Return the SHA-256 of the arrays `RELATIONS`."""
    state = hashlib.sha256()
    for name in RELATIONS:
        values = np.ascontiguousarray(getattr(relations, name), dtype="<i8")
        state.update(f"{name} {len(values)} ".encode() + values.tobytes())
    return state.hexdigest()


def _fit(module: Pretraining, recorder: Recorder, batches: TrainingBatches, state: State) -> None:
    """Train `module` from its last saved state, or from the start, to its last step."""
    settings = module.settings.train
    saved = state.checkpoint if state.checkpoint.exists() else None
    if saved:
        step = torch.load(saved, weights_only=True, mmap=True)["global_step"]
        done = "already trained; using its result"
        rest = f"continuing after step {step} of {settings.steps}"
        say(f"{saved.parent}: {done if step == settings.steps else rest}")
    trainer = _trainer(
        settings,
        [recorder, Saver(state.checkpoint, settings.checkpoint_every), Teller(recorder)],
        state.folder,
    )
    with warnings.catch_warnings():
        # Its hint about srun, and calls that newer versions of torch deprecate.
        warnings.filterwarnings("ignore", "The `srun` command is available")
        warnings.filterwarnings("ignore", category=FutureWarning, module="lightning")
        trainer.fit(module, batches, ckpt_path=saved, weights_only=True)


def _trainer(
    settings: TrainSettings, callbacks: list[lightning.Callback], folder: Path
) -> lightning.Trainer:
    """Return a trainer of one process that says nothing and writes nothing by itself."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    return lightning.Trainer(
        accelerator=device.choose(settings.device, "train.device").type,
        devices=1,
        max_steps=settings.steps,
        gradient_clip_val=settings.clip,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        # Also inside a Slurm job, where Lightning would look for its own ranks.
        plugins=[LightningEnvironment()],
    )


def _outlook(examples: Examples, bases: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Describe the first epoch: batches, pairs per batch, padding."""
    plan = examples.epoch(bases, 0).plan
    return {
        "batches_per_epoch": len(plan),
        "pairs_per_batch": round(len(plan.order) / len(plan), 2),
        "padding_efficiency": round(plan.efficiency, 4),
    }


def _publish(
    output: Path, module: Pretraining, recorder: Recorder, summary: dict[str, Any]
) -> None:
    """Write the model folder, whole."""
    summary["encoder_parameters"] = sum(values.numel() for values in module.encoder.parameters())
    for name in ("loss", "val_loss", "val_positive", "val_negative"):
        summary[name] = next((row[name] for row in recorder.rows[::-1] if name in row), None)
    with atomic_folder(output) as folder:
        checkpoint.save(module.encoder, folder)
        _write_csv(folder / "metrics.csv", METRICS, recorder.rows)
        _write_csv(folder / "throughput.csv", THROUGHPUT, recorder.throughput)
        write_json(summary, folder / "summary.json")
    say(f"{output}: {summary['encoder_parameters']:,} parameters, {_told(summary)}")


def _told(summary: dict[str, Any]) -> str:
    if summary["loss"] is None:
        return "untrained"
    if summary["val_loss"] is None:
        return f"loss {summary['loss']:.3f}"
    return (
        f"loss {summary['loss']:.3f}, held-out similarity {summary['val_positive']:.3f} of pairs "
        f"and {summary['val_negative']:.3f} of others"
    )


def _write_csv(path: Path, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    with open(path, "w", newline="") as handle:
        writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

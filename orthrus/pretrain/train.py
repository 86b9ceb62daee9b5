"""Train one model: open the inputs, resume or start, train, publish."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import lightning
import numba
import numpy as np
import torch
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger
from lightning.pytorch.plugins.environments import LightningEnvironment, TorchElasticEnvironment
from lightning.pytorch.strategies import DDPStrategy

from orthrus.array_types import Ints
from orthrus.config.pretrain import PretrainSettings, TrainSettings
from orthrus.errors import OrthrusError
from orthrus.files import atomic_folder, sha256, write_json
from orthrus.log import say
from orthrus.models import checkpoint, device, registry
from orthrus.pretrain import STAGE_VERSION, distributed
from orthrus.pretrain.callbacks import (
    METRICS,
    THROUGHPUT,
    Checkpointer,
    ProgressLogger,
    Recorder,
    Row,
)
from orthrus.pretrain.data import PairDataset
from orthrus.pretrain.lightning_module import Pretraining
from orthrus.pretrain.loader import TrainingBatches
from orthrus.pretrain.resume_state import Identity, State, claim, digest, prune
from orthrus.pretrain.saved_states import SealedIO, newest
from orthrus.pretrain.validation import MEASURES, HeldOut, split
from orthrus.relations.index import Relations
from orthrus.transcripts.available_memory import available_memory
from orthrus.transcripts.corpus import Corpus, choose_layout
from orthrus.transcripts.store import Store

RELATIONS = (
    "group",
    "reference_row",
    "length_class",
    "is_toga",
    "start",
    "toga_start",
    "block_start",
    "references",
    "projections",
)
"""The arrays of `Relations` that decide which pairs are drawn."""


ELSEWHERE = {"train": {"devices", "peak_tflops", "wandb"}}
"""The settings that decide where a training runs and who watches it, but not its result."""

PRECISIONS: dict[int | str, Literal["32-true", "64-true", "bf16-mixed"]] = {
    32: "32-true",
    64: "64-true",
    "bf16-mixed": "bf16-mixed",
}


def train(
    stores: Sequence[Path],
    relations_folder: Path,
    output: Path,
    state_folder: Path,
    settings: PretrainSettings,
) -> None:
    """Train a model and write it to `output`, or go on where the same run was interrupted.

    Under `torchrun` all its processes call this together; the first of them writes.

    `output` receives model.safetensors, config.json, metrics.csv, summary.json and throughput.csv,
    all at once; all but throughput.csv are the same for given numbers of threads and processes,
    whether or not the training was interrupted.

    Parameters
    ----------
    stores
        In the order that the relations were built with.
    relations_folder
        The output of `orthrus relations build`.
    output
        Folder of the model.
    state_folder
        Where the state of the training is kept, one folder per identity; when it is finished, the
        states of others go.
    settings
        The model.

    Raises
    ------
    OrthrusError
        An input cannot be used, or does not fit the others.
    """
    _prepare(settings)
    relations = Relations.open(relations_folder)
    identity = _identity(stores, relations, settings)
    examples = PairDataset(_corpus(stores), relations, settings)
    training, held_out = _divide(examples, relations, settings)
    module = Pretraining(settings)
    steps, rank, ranks = settings.train.steps, distributed.rank(), distributed.ranks()
    batches = TrainingBatches(examples, training, steps, rank, ranks)
    counts = {"training_transcripts": len(training), "validation_transcripts": len(held_out)}
    recorder = Recorder(HeldOut(examples, held_out), batches)
    summary = {**identity, **counts, **batches.outlook()}
    with _state(state_folder, identity) if steps else contextlib.nullcontext() as state:
        if state:
            distributed.barrier()
            _fit(module, recorder, batches, state)
        if rank == 0:
            _publish(output, module, recorder, summary)
            if state:
                prune(state)
    distributed.barrier()


def _prepare(settings: PretrainSettings) -> None:
    """Join the other processes and choose devices and threads, before anything is read."""
    where = device.choose(settings.train.device, "train.device")
    distributed.join(where)
    _set_threads(settings.train.threads)
    precision = torch.float64 if settings.train.precision == 64 else torch.float32
    registry.find(settings.encoder.kind).prepare(where.type, precision)


def _divide(
    examples: PairDataset, relations: Relations, settings: PretrainSettings
) -> tuple[Ints, Ints]:
    """Return the rows to train on and those to validate on; OrthrusError where there are none."""
    training, held_out = split(
        examples.bases(),
        relations.group,
        relations.length_class,
        settings.validation,
        settings.seed,
    )
    if len(training) < 2:
        raise OrthrusError(
            f"{relations.folder}: leaves {len(training)} transcripts to train on; raise "
            "batch.max_length or give more stores"
        )
    return training, held_out


def _identity(
    stores: Sequence[Path], relations: Relations, settings: PretrainSettings
) -> dict[str, Any]:
    """Return what makes two runs the same: only then does one continue the other."""
    return {
        "stage_version": STAGE_VERSION,
        "settings": settings.model_dump(mode="json", exclude=ELSEWHERE),
        "ranks": distributed.ranks(),
        "inputs": {
            "stores": [Store.open(path).digest for path in stores],
            "relations": _digest(relations),
        },
    }


@contextlib.contextmanager
def _state(parent: Path, identity: Identity) -> Iterator[State]:
    """Let the first rank hold the state folder, and the others use it."""
    if distributed.rank() == 0:
        with claim(parent, identity) as state:
            yield state
    else:
        yield State(parent / digest(identity))


def _corpus(stores: Sequence[Path]) -> Corpus:
    """Open the corpus in memory, or mapped from a file that the processes of a machine share."""
    nt = sum(int(Store.open(path).offsets[-1]) for path in stores)
    alone = distributed.ranks() == 1
    if alone and choose_layout(nt, available_memory()) == "codes":
        return Corpus.open(stores, "codes")
    # The first rank makes the file.
    if distributed.rank() > 0:
        distributed.barrier()
    corpus = Corpus.open(stores, "mapped")
    if distributed.rank() == 0:
        distributed.barrier()
    return corpus


def _set_threads(threads: int) -> None:
    """Let torch, and numba as far as it started enough of them, use `threads` threads.

    Numba goes first: starting its threads, it sets the number that torch's OpenMP takes as well.
    """
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
    torch.set_num_threads(threads)


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
    if saved := newest(state):
        step = torch.load(saved, weights_only=True, mmap=True)["global_step"]
        done = "already trained; using its result"
        rest = f"continuing after step {step} of {settings.steps}"
        say(f"{saved.parent}: {done if step == settings.steps else rest}")
    trainer = _trainer(
        settings,
        [
            recorder,
            Checkpointer(state.checkpoint, settings.checkpoint_every),
            ProgressLogger(recorder),
        ],
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
    """Return a trainer that prints nothing and writes nothing but events for TensorBoard."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    local = int(os.environ["LOCAL_WORLD_SIZE"]) if distributed.launched() else 1
    return lightning.Trainer(
        accelerator=device.choose(settings.device, "train.device").type,
        devices=local,
        num_nodes=distributed.ranks() // local,
        strategy=DDPStrategy() if distributed.ranks() > 1 else "auto",
        precision=PRECISIONS[settings.precision],
        max_steps=settings.steps,
        gradient_clip_val=settings.clip,
        callbacks=callbacks,
        log_every_n_steps=1,
        logger=_loggers(settings, folder),
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        # `TrainingBatches` deals batches out itself.
        use_distributed_sampler=False,
        plugins=[
            # Named, as inside a Slurm job Lightning would look for Slurm's ranks.
            TorchElasticEnvironment() if distributed.launched() else LightningEnvironment(),
            SealedIO(),
        ],
    )


def _loggers(settings: TrainSettings, folder: Path) -> list[Logger]:
    """Return what else receives the metrics."""
    loggers: list[Logger] = [TensorBoardLogger(folder, name=None, version="tensorboard")]
    if settings.wandb:
        try:
            loggers.append(WandbLogger(project=settings.wandb, save_dir=folder))
        except ModuleNotFoundError:
            raise OrthrusError(
                "train.wandb: wandb is not installed; run `pip install 'orthrus-rna[wandb]'`"
            ) from None
    return loggers


def _publish(
    output: Path, module: Pretraining, recorder: Recorder, summary: dict[str, Any]
) -> None:
    """Write the model folder, whole, with the weights that `train.select` asks for."""
    train = module.settings.train
    summary["encoder_parameters"] = sum(values.numel() for values in module.encoder.parameters())
    summary["selected_step"] = train.steps
    if train.select == "validation" and recorder.best:
        summary["selected_step"] = recorder.best["step"]
        module.load_state_dict(recorder.best["weights"])
    _refuse_infinite(module)
    for name in ("loss", *MEASURES):
        summary[name] = next((row[name] for row in recorder.rows[::-1] if name in row), None)
    with atomic_folder(output) as folder:
        checkpoint.save(module.encoder, folder, module.sequence_head)
        _write_csv(folder / "metrics.csv", METRICS, recorder.rows)
        _write_csv(folder / "throughput.csv", THROUGHPUT, recorder.throughput)
        summary["metrics_sha256"] = sha256(folder / "metrics.csv")
        write_json(summary, folder / "summary.json")
    say(f"{output}: {summary['encoder_parameters']:,} parameters, {_told(summary)}")


def _refuse_infinite(module: Pretraining) -> None:
    """Raise an OrthrusError for weights that the last step spoilt: no loss was computed of them."""
    for name, values in module.state_dict().items():
        if not values.isfinite().all():
            raise OrthrusError(f"the weights of {name} are not finite; lower train.lr")


def _told(summary: dict[str, Any]) -> str:
    if summary["loss"] is None:
        return "untrained"
    if summary["val_positive"] is None:
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

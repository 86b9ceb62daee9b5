"""What happens between steps: recording, validating, saving and telling."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any, TypedDict

import lightning
import torch

from orthrus.errors import OrthrusError
from orthrus.log import progress_bar, say
from orthrus.pretrain import distributed
from orthrus.pretrain.data import Batch
from orthrus.pretrain.lightning_module import Pretraining, rate
from orthrus.pretrain.loader import TrainingBatches
from orthrus.pretrain.throughput import Meter, operations, peak
from orthrus.pretrain.validation import MEASURES, HeldOut

LOG_EVERY = 50
"""Steps between two rows of throughput, and between two lines of the log."""

METRICS = ("step", "loss", "contrastive", "mlm", "lr", *MEASURES)
THROUGHPUT = ("step", "nucleotides_per_second", "padding", "waiting", "utilisation")

Row = dict[str, float]


class Best(TypedDict):
    """The weights of the lowest validation loss so far, and where they were met."""

    step: int
    val_loss: float
    weights: dict[str, torch.Tensor]


class Recorder(lightning.Callback):
    """Keeps a row of metrics per step; the rows travel with the saved state.

    Parameters
    ----------
    held_out
        Measured before the first step, every `validate_every` steps and after the last.
    batches
        What the training reads, which knows how long it waited.

    Attributes
    ----------
    rows
        What becomes metrics.csv: the same whether or not the training was interrupted.
    throughput
        Speed, padding and waiting since the row before; differs from run to run.
    best
        None before the first validation, or without any.
    """

    def __init__(self, held_out: HeldOut, batches: TrainingBatches):
        self.held_out = held_out
        self.batches = batches
        self.rows: list[Row] = []
        self.throughput: list[Row] = []
        self.best: Best | None = None

    def state_dict(self) -> dict[str, Any]:
        """Return the rows so far."""
        return {"rows": self.rows, "throughput": self.throughput, "best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the rows of an interrupted training."""
        self.rows = state_dict["rows"]
        self.throughput = state_dict["throughput"]
        self.best = state_dict["best"]

    def on_train_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Measure the untrained model."""
        assert isinstance(pl_module, Pretraining)
        most = peak(pl_module.settings.train, pl_module.device)
        self.meter = Meter(operations(pl_module.encoder) / most if most else None)
        if not self.rows:
            self._keep({"step": 0, **self.held_out.measure(pl_module)}, trainer)
        self.meter.restart(self.batches.waited)

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Batch,
        *_: Any,
        **__: Any,
    ) -> None:
        """Add the row of a step."""
        assert isinstance(pl_module, Pretraining)
        train, step = pl_module.settings.train, trainer.global_step
        # The schedule has already moved on to the next step.
        lr = train.lr * rate(step - 1, train.warmup, train.steps)
        row = {"step": step, **_losses(pl_module, outputs["shares"]), "lr": lr}
        if not math.isfinite(row["loss"]):
            raise OrthrusError(f"the loss of step {step} is not finite; lower train.lr")
        self.meter.add(batch)
        if step % LOG_EVERY == 0 or step == train.steps:
            speed = self.meter.read(self.batches.waited, pl_module.device)
            self.throughput.append({"step": step, **speed})
            _log(self.throughput[-1], trainer)
        if step % train.validate_every == 0 or step == train.steps:
            before = time.perf_counter()
            row |= self.held_out.measure(pl_module)
            self._compare(row, pl_module)
            self.meter.pause(time.perf_counter() - before)
        self._keep(row, trainer)

    def _keep(self, row: Row, trainer: lightning.Trainer) -> None:
        self.rows.append(row)
        _log(row, trainer)

    def _compare(self, row: Row, module: Pretraining) -> None:
        """Keep the weights if no earlier ones had a lower validation loss."""
        if "val_loss" in row and (self.best is None or row["val_loss"] < self.best["val_loss"]):
            weights = {name: values.cpu().clone() for name, values in module.state_dict().items()}
            self.best = {"step": int(row["step"]), "val_loss": row["val_loss"], "weights": weights}


def _losses(module: Pretraining, shares: torch.Tensor) -> Row:
    """Return the losses of a step over all ranks, of which this rank holds its shares."""
    contrastive, mlm = distributed.total(shares).tolist()
    weight = module.settings.objective.mlm_weight
    row = {"loss": (1 - weight) * contrastive + weight * mlm}
    if module.projector:
        row["contrastive"] = contrastive
    if module.sequence_head:
        row["mlm"] = mlm
    return row


def _log(row: Row, trainer: lightning.Trainer) -> None:
    """Pass a row on to TensorBoard and what else listens."""
    figures = {name: value for name, value in row.items() if name != "step"}
    for logger in trainer.loggers:
        logger.log_metrics(figures, step=int(row["step"]))


class Checkpointer(lightning.Callback):
    """Saves the whole state of the training every `every` steps and after the last.

    It must follow the recorder, whose rows it saves too.
    """

    def __init__(self, path: Path, every: int):
        self.path = path
        self.every = every

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        """Save, if it is time to."""
        if trainer.global_step % self.every == 0 or trainer.global_step == trainer.max_steps:
            trainer.save_checkpoint(self.path)


class ProgressLogger(lightning.Callback):
    """Shows progress: a bar on a terminal, else a line every `LOG_EVERY` steps."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder
        self.bar = progress_bar()

    def on_train_start(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        """Show where the training starts."""
        self.bar.disable |= not trainer.is_global_zero
        total = trainer.max_steps
        self.task = self.bar.add_task("pretraining", total=total, completed=trainer.global_step)
        self.bar.start()

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        """Move the bar, or write a line."""
        step, steps = trainer.global_step, trainer.max_steps
        self.bar.update(self.task, completed=step)
        if not trainer.is_global_zero:
            return
        if self.bar.disable and (step % LOG_EVERY == 0 or step == steps):
            speed = self.recorder.throughput[-1]["nucleotides_per_second"]
            loss = self.recorder.rows[-1]["loss"]
            say(f"step {step} of {steps}: loss {loss:.3f}, {speed:,.0f} nucleotides/s")

    def teardown(self, *_: Any, **__: Any) -> None:
        """Take the bar away."""
        self.bar.stop()

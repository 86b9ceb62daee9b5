"""What happens between steps: recording, validating, saving and telling."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import lightning

from orthrus.log import progress_bar, say
from orthrus.pretrain.data import Batch
from orthrus.pretrain.module import Pretraining, rate
from orthrus.pretrain.validation import HeldOut

LOG_EVERY = 50
"""Steps between two rows of throughput, and between two lines of the log."""

METRICS = ("step", "loss", "lr", "val_loss", "val_positive", "val_negative")
THROUGHPUT = ("step", "nucleotides_per_second")

Row = dict[str, float]


class Recorder(lightning.Callback):
    """Keeps a row of metrics per step; the rows travel with the saved state.

    Parameters
    ----------
    held_out
        Measured before the first step, every `validate_every` steps and after the last.

    Attributes
    ----------
    rows
        What becomes metrics.csv: the same whether or not the training was interrupted.
    throughput
        Real nucleotides per second since the row before; differs from run to run.
    """

    def __init__(self, held_out: HeldOut):
        self.held_out = held_out
        self.rows: list[Row] = []
        self.throughput: list[Row] = []
        self._start_clock()

    def state_dict(self) -> dict[str, Any]:
        """Return the rows so far."""
        return {"rows": self.rows, "throughput": self.throughput}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the rows of an interrupted training."""
        self.rows = state_dict["rows"]
        self.throughput = state_dict["throughput"]

    def on_train_start(
        self,
        trainer: lightning.Trainer,  # noqa: ARG002 (Lightning's signature)
        pl_module: lightning.LightningModule,
    ) -> None:
        """Measure the untrained model."""
        assert isinstance(pl_module, Pretraining)
        if not self.rows:
            self.rows.append({"step": 0, **self.held_out.measure(pl_module)})
        self._start_clock()

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
        row = {"step": step, "loss": outputs["loss"].item(), "lr": lr}
        self._nucleotides += batch.nucleotides
        if step % LOG_EVERY == 0 or step == train.steps:
            speed = self._nucleotides / (time.perf_counter() - self._since)
            self.throughput.append({"step": step, "nucleotides_per_second": speed})
            self._start_clock()
        if step % train.validate_every == 0 or step == train.steps:
            before = time.perf_counter()
            row |= self.held_out.measure(pl_module)
            self._since += time.perf_counter() - before
        self.rows.append(row)

    def _start_clock(self) -> None:
        self._since = time.perf_counter()
        self._nucleotides = 0


class Saver(lightning.Callback):
    """Saves the whole state of the training, atomically, every `every` steps and after the last.

    It must follow the recorder, whose rows it saves too.
    """

    def __init__(self, path: Path, every: int):
        self.path = path
        self.every = every

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        """Save, if it is time to."""
        if trainer.global_step % self.every == 0 or trainer.global_step == trainer.max_steps:
            scratch = self.path.with_suffix(".part")
            trainer.save_checkpoint(scratch)
            scratch.replace(self.path)


class Teller(lightning.Callback):
    """Shows progress: a bar on a terminal, else a line every `LOG_EVERY` steps."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder
        self.bar = progress_bar()

    def on_train_start(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        """Show where the training starts."""
        total = trainer.max_steps
        self.task = self.bar.add_task("pretraining", total=total, completed=trainer.global_step)
        self.bar.start()

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any, **__: Any) -> None:
        """Move the bar, or write a line."""
        step, steps = trainer.global_step, trainer.max_steps
        self.bar.update(self.task, completed=step)
        if self.bar.disable and (step % LOG_EVERY == 0 or step == steps):
            speed = self.recorder.throughput[-1]["nucleotides_per_second"]
            loss = self.recorder.rows[-1]["loss"]
            say(f"step {step} of {steps}: loss {loss:.3f}, {speed:,.0f} nucleotides/s")

    def teardown(self, *_: Any, **__: Any) -> None:
        """Take the bar away."""
        self.bar.stop()

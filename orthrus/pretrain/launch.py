"""Starting the processes of a training on one machine, through `torchrun`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from orthrus.config.pretrain import TrainSettings
from orthrus.errors import OrthrusError
from orthrus.models import device
from orthrus.relations.index import Relations
from orthrus.relations.store_tables import open_tables

LAUNCHED = "TORCHELASTIC_RUN_ID"
"""Set in every process that `torchrun` starts."""


def relaunch(train: TrainSettings, stores: Sequence[Path], relations: Path) -> None:
    """Replace this command by `train.devices` copies of it, if one is not enough.

    Under `torchrun` nothing is to be done: it has started as many as it was told to. Stores and
    relations are looked at before, so that a mistake is told once and not by every process.

    Raises
    ------
    OrthrusError
        There are fewer GPUs, there is no such device, or the inputs cannot be used together.
    """
    if train.devices == 1 or LAUNCHED in os.environ:
        return
    if device.choose(train.device, "train.device").type == "cuda":
        _check_gpus(train.devices, torch.cuda.device_count())
    Relations.open(relations).check_stores(open_tables(stores))
    os.environ.setdefault("OMP_NUM_THREADS", str(train.threads))
    run = [sys.executable, "-m", "torch.distributed.run"]
    run += ["--standalone", f"--nproc-per-node={train.devices}", "-m", "orthrus", *sys.argv[1:]]
    os.execv(run[0], run)


def _check_gpus(wanted: int, present: int) -> None:
    """Refuse more processes than there are GPUs."""
    if wanted > present:
        raise OrthrusError(
            f"train.devices: {wanted} GPUs are asked for, and this machine has {present}; set "
            f"train.devices={present}"
        )

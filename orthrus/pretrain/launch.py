"""Starting the processes of a training on one machine, through `torchrun`."""

from __future__ import annotations

import os
import sys

from orthrus.config.pretrain import TrainSettings

LAUNCHED = "TORCHELASTIC_RUN_ID"
"""Set in every process that `torchrun` starts."""


def relaunch(train: TrainSettings) -> None:
    """Replace this command by `train.devices` copies of it, if one is not enough.

    Under `torchrun` nothing is to be done: it has started as many as it was told to.
    """
    if train.devices == 1 or LAUNCHED in os.environ:
        return
    os.environ.setdefault("OMP_NUM_THREADS", str(train.threads))
    run = [sys.executable, "-m", "torch.distributed.run"]
    run += ["--standalone", f"--nproc-per-node={train.devices}", "-m", "orthrus", *sys.argv[1:]]
    os.execv(run[0], run)

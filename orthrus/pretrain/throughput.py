"""How fast a training runs, in real nucleotides, and how much of the device it uses."""

from __future__ import annotations

import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from orthrus.config.pretrain import TrainSettings
from orthrus.models.base import Encoder
from orthrus.models.tracks import tracks
from orthrus.pretrain import distributed
from orthrus.pretrain.data import Batch

COUNTED = 1_024
"""Nucleotides of the pass whose operations are counted."""

BACKWARD = 2
"""Backward passes take twice the matrix operations of forward passes."""

PEAKS: dict[str, dict[int | str, float]] = {
    "A100": {"bf16-mixed": 312, 32: 19.5, 64: 19.5},
    "H100": {"bf16-mixed": 989, 32: 67, 64: 67},
    "H200": {"bf16-mixed": 989, 32: 67, 64: 67},
    "A40": {"bf16-mixed": 149.7, 32: 37.4, 64: 0.58},
    "L40S": {"bf16-mixed": 362, 32: 91.6, 64: 1.4},
    "L40": {"bf16-mixed": 181, 32: 90.5, 64: 1.4},
}
"""Dense matrix operations by GPU and precision, 10¹² per second: NVIDIA's data sheets (SXM)."""


def peak(settings: TrainSettings, device: torch.device) -> float | None:
    """Return what one device can do, operations per second; None where nobody said."""
    if settings.peak_tflops is not None:
        return settings.peak_tflops * 1e12
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next(
        (1e12 * peaks[settings.precision] for gpu, peaks in PEAKS.items() if gpu in name), None
    )


@torch.no_grad()
def operations(encoder: Encoder) -> float:
    """Return the matrix operations per nucleotide of a training step.

    Counted are matrix products and convolutions of the encoder, forward and backward; not the scan,
    nor the heads, which read one vector per transcript or few nucleotides.
    """
    where = next(encoder.parameters())
    codes = torch.zeros(1, COUNTED, dtype=torch.uint8, device=where.device)
    inputs = tracks(codes, encoder.settings.n_tracks).to(where.dtype)
    training = encoder.training
    encoder.eval()  # so that batch statistics stay as they are
    with FlopCounterMode(display=False) as counter:
        encoder(inputs, torch.tensor([COUNTED], device=where.device))
    encoder.train(training)
    return (1 + BACKWARD) * counter.get_total_flops() / COUNTED


class Meter:
    """Counts what the steps since its last reading took.

    Parameters
    ----------
    share
        Operations per nucleotide over the operations per second of one device; None: not known.
    """

    def __init__(self, share: float | None):
        self.share = share
        self.restart(0.0)

    def restart(self, waited: float) -> None:
        """Start counting anew; `waited` is the time spent waiting for batches so far, s."""
        self._nucleotides = self._tokens = 0
        self._waited = waited
        self._since = time.perf_counter()

    def pause(self, seconds: float) -> None:
        """Leave out time that was no training."""
        self._since += seconds

    def add(self, batch: Batch) -> None:
        """Count the nucleotides and tokens of this rank's batch."""
        self._nucleotides += batch.nucleotides
        self._tokens += batch.tokens

    def read(self, waited: float, device: torch.device) -> dict[str, float]:
        """Return the columns of throughput.csv, over all ranks, and start anew."""
        seconds = time.perf_counter() - self._since
        mine = [self._nucleotides, self._tokens, waited - self._waited]
        counts = torch.tensor(mine, dtype=torch.float64, device=device)
        nucleotides, tokens, waiting = distributed.total(counts).tolist()
        ranks = distributed.ranks()
        row = {
            "nucleotides_per_second": nucleotides / seconds,
            "padding": 1 - nucleotides / tokens,
            "waiting": waiting / ranks / seconds,
        }
        if self.share is not None:
            row["utilisation"] = self.share * row["nucleotides_per_second"] / ranks
        self.restart(waited)
        return row

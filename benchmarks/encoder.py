"""The encoder on the CPU, in tokens per second, beside its matrix products alone.

Those products (the projections in, out, and to the step sizes and states) are the floor that no
implementation of the scan, convolution and norms can pass. Float32, with one thread and with two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from _harness import Row, main, seconds
from torch import nn

from orthrus.config.models import EncoderSettings
from orthrus.models.encoder import Orthrus

GOALS = {("forward", 1): 0.70, ("forward", 2): 0.67, ("both", 1): 0.67, ("both", 2): 0.62}


@dataclass(frozen=True)
class Case:
    """An encoder and a batch."""

    name: str
    width: int
    layers: int
    batch: int
    length: int

    @property
    def tokens(self) -> int:
        """Tokens in the batch."""
        return self.batch * self.length


ORTHRUS = Case("6 × 512", 512, 6, 4, 2048)
DEMO = (Case("3 × 64", 64, 3, 32, 512), Case("3 × 128", 128, 3, 32, 512))


def measure(quick: bool) -> list[Row]:
    large = Case("6 × 512", 512, 6, 1, 512) if quick else ORTHRUS
    rows = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        rows += _rows(large, threads, repeats=1 if quick else 3, goals=not quick)
        for case in DEMO:
            rows += _rows(case, threads, repeats=3, goals=False)
    return rows


def _rows(case: Case, threads: int, repeats: int, goals: bool) -> list[Row]:
    rows = []
    ours, floor = _encoder(case), _products(case)
    for label, name in (("forward", "forward"), ("both", "forward + backward")):
        run_ours, run_floor = _pass(ours, label == "both"), _pass(floor, label == "both")
        run_ours()  # compiles
        run_floor()
        metric = f"{case.name}, {threads} thread{'s' * (threads > 1)}, {name}, tokens/s"
        speeds = (case.tokens / seconds(run, repeats) for run in (run_ours, run_floor))
        rows.append(Row(metric, *speeds, GOALS[label, threads] if goals else None))
    return rows


def _encoder(case: Case) -> Callable[[], torch.Tensor]:
    encoder = Orthrus(EncoderSettings(width=case.width, layers=case.layers))
    codes = torch.randint(0, 4, (case.batch, case.length), dtype=torch.uint8)
    lengths = torch.full((case.batch,), case.length)
    return lambda: encoder.embed(codes, lengths).sum()


def _products(case: Case) -> Callable[[], torch.Tensor]:
    """Chain the projections of all layers, with what lies between them left out."""
    mixers = Orthrus(EncoderSettings(width=case.width, layers=case.layers)).layers
    inner = 2 * case.width
    start = torch.randn(case.tokens, case.width, requires_grad=True)

    def products() -> torch.Tensor:
        hidden = start
        for block in mixers:
            mixer = block.mixer
            both = mixer.in_proj(hidden)
            steps = mixer.x_proj(both[:, :inner])
            sizes = nn.functional.linear(steps[:, : case.width // 16], mixer.dt_proj.weight)
            hidden = mixer.out_proj(sizes)
        return hidden.sum()

    return products


def _pass(function: Callable[[], torch.Tensor], backward: bool) -> Callable[[], None]:
    def both() -> None:
        function().backward()

    def forward() -> None:
        with torch.no_grad():
            function()

    return both if backward else forward


if __name__ == "__main__":
    main("encoder", measure)

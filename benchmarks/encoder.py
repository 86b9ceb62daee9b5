"""The encoder on the CPU, in tokens per second, beside its matrix products and other packages.

The products (the projections in, out, and to the step sizes and states) are the floor that no
implementation of the scan, convolution and norms can pass: as we compute them, by oneDNN, and as
`torch.nn.Linear` does, by MKL where torch has it, to which the goals belong. Float32, with one
thread and with two; ours and the floors take turns. mambapy and the slow path of transformers (the
`bench` extra) build the same stack and take the same batch, with one thread; mambapy wants 17 GB
for it. Everything runs in a process of its own, and our peak of memory has a row of its own; others
run once, for minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from _harness import Row, aside, both_seconds, main, peak_rss, seconds
from torch import nn

from orthrus.config.models import EncoderSettings
from orthrus.models.encoder import Orthrus
from orthrus.models.linear_cpu import product

Pass = Callable[[], torch.Tensor]
Multiply = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

GOALS = {("forward", 1): 0.70, ("forward", 2): 0.67, ("both", 1): 0.67, ("both", 2): 0.62}
NAMES = {"forward": "forward", "both": "forward + backward"}
FLOORS: dict[str, Multiply] = {"oneDNN": product, "torch": nn.functional.linear}


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
SHORT = Case("6 × 512", 512, 6, 1, 512)
DEMO = (Case("3 × 64", 64, 3, 32, 512), Case("3 × 128", 128, 3, 32, 512))


def measure(quick: bool) -> list[Row]:
    large, repeats = (SHORT, 1) if quick else (ORTHRUS, 5)
    rows = []
    for threads in (1, 2):
        rows += aside(_rows, large, threads, repeats, not quick)
        for case in DEMO:
            rows += aside(_rows, case, threads, repeats, False)
    ours = {"forward": rows[0].ours, "both": rows[len(FLOORS)].ours}
    peak = Row("peak RSS, GB, beside the limit", aside(_peak, large), 2, 1, "at most")
    return [*rows, peak, *_others(ours, large, goals=not quick)]


def _rows(case: Case, threads: int, repeats: int, goals: bool) -> list[Row]:
    torch.set_num_threads(threads)
    rows = []
    ours = _encoder(case)
    floors = {of: _products(case, multiply) for of, multiply in FLOORS.items()}
    for label, name in NAMES.items():
        run_ours = _pass(ours, label)
        run_ours()  # compiles
        for of, floor in floors.items():
            run_floor = _pass(floor, label)
            run_floor()
            plural = "s" * (threads > 1)
            metric = f"{case.name}, {threads} thread{plural}, {name}, products by {of}"
            speeds = (case.tokens / time for time in both_seconds(run_ours, run_floor, repeats))
            goal = GOALS[label, threads] if goals and of == "torch" else None
            rows.append(Row(metric, *speeds, goal))
    return rows


def _peak(case: Case) -> float:
    """Return the largest resident set of three passes forward and backward, in GB."""
    torch.set_num_threads(2)
    seconds(_pass(_encoder(case), "both"), 3)
    return peak_rss() / 1e9


def _others(ours: dict[str, float], case: Case, goals: bool) -> list[Row]:
    """Compare with other packages."""
    rows = []
    for package, label, goal in (
        ("mambapy", "forward", 11.0),
        ("mambapy", "both", 10.0),
        ("transformers", "forward", 6.0),
    ):
        speed = aside(_speed, package, label, case)
        metric = f"against {package}, 1 thread, {NAMES[label]}, tokens/s"
        rows.append(Row(metric, ours[label], speed, goal if goals else None))
    return rows


def _speed(package: str, label: str, case: Case) -> float:
    """Return tokens per second of another package, after a short call to warm up."""
    torch.set_num_threads(1)
    make = {"mambapy": _mambapy, "transformers": _transformers}[package]
    _pass(make(SHORT), label)()
    return case.tokens / seconds(_pass(make(case), label), 1)


def _encoder(case: Case) -> Pass:
    encoder = Orthrus(EncoderSettings(width=case.width, layers=case.layers))
    codes = torch.randint(0, 4, (case.batch, case.length), dtype=torch.uint8)
    lengths = torch.full((case.batch,), case.length)
    return lambda: encoder.embed(codes, lengths).sum()


def _mambapy(case: Case) -> Pass:
    from mambapy.mamba import Mamba, MambaConfig

    model = Mamba(MambaConfig(d_model=case.width, n_layers=case.layers))
    hidden = torch.randn(case.batch, case.length, case.width)
    return lambda: model(hidden).sum()


def _transformers(case: Case) -> Pass:
    from transformers import MambaConfig, MambaModel

    sizes = {"hidden_size": case.width, "num_hidden_layers": case.layers}
    model = MambaModel(MambaConfig(vocab_size=8, **sizes, use_cache=False))
    hidden = torch.randn(case.batch, case.length, case.width)
    return lambda: model(inputs_embeds=hidden).last_hidden_state.sum()


def _products(case: Case, multiply: Multiply) -> Pass:
    """Chain the projections of all layers, with what lies between them left out."""
    layers = Orthrus(EncoderSettings(width=case.width, layers=case.layers)).layers
    inner = 2 * case.width
    start = torch.randn(case.tokens, case.width, requires_grad=True)

    def products() -> torch.Tensor:
        hidden = start
        for block in layers:
            mixer = block.mixer
            both = multiply(hidden, mixer.in_proj.weight)
            steps = multiply(both[:, :inner], mixer.x_proj.weight)
            sizes = multiply(steps[:, : case.width // 16], mixer.dt_proj.weight)
            hidden = multiply(sizes, mixer.out_proj.weight)
        return hidden.sum()

    return products


def _pass(function: Pass, label: str) -> Callable[[], None]:
    def both() -> None:
        function().backward()

    def forward() -> None:
        with torch.no_grad():
            function()

    return both if label == "both" else forward


if __name__ == "__main__":
    main("encoder", measure)

from __future__ import annotations

import pytest
import torch
from pretrain_helpers import made_batch

from orthrus.config.models import EncoderSettings
from orthrus.config.pretrain import TrainSettings
from orthrus.models import registry
from orthrus.pretrain import throughput
from orthrus.pretrain.throughput import Meter, operations, peak


def test_operations_of_an_encoder_are_those_of_its_matrices() -> None:
    encoder = registry.make(EncoderSettings(width=64, layers=2))
    products = sum(
        module.weight.numel() for module in encoder.modules() if isinstance(module, torch.nn.Linear)
    )
    # A product and a sum per weight, forward once and backward twice; convolutions may come on top.
    assert operations(encoder) == pytest.approx(6 * products, rel=0.05)


def test_peak_of_known_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = torch.device("cuda")
    name = "NVIDIA A100-SXM4-80GB"
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: name)
    assert peak(TrainSettings(precision="bf16-mixed"), cuda) == 312e12
    assert peak(TrainSettings(), cuda) == 19.5e12
    assert peak(TrainSettings(peak_tflops=2.5), cuda) == 2.5e12
    assert peak(TrainSettings(), torch.device("cpu")) is None
    name = "NVIDIA L40S"
    assert peak(TrainSettings(precision="bf16-mixed"), cuda) == 362e12
    name = "a new one"
    assert peak(TrainSettings(), cuda) is None


def test_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 110.0, 110.0])
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: next(clock))
    batch = made_batch(5)
    meter = Meter(share=0.001)
    meter.add(batch)
    meter.add(batch)
    meter.pause(2.0)
    row = meter.read(waited=4.0, device=torch.device("cpu"))
    assert row["nucleotides_per_second"] == 2 * batch.nucleotides / 8
    assert row["padding"] == pytest.approx(1 - batch.nucleotides / (5 * 30 + 5 * 20))
    assert row["waiting"] == 0.5
    assert row["utilisation"] == 0.001 * row["nucleotides_per_second"]


def test_counting_operations_changes_no_statistics() -> None:
    encoder = registry.make(EncoderSettings(kind="dilated_cnn"))
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    assert operations(encoder) > 0
    assert encoder.training
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, before[name]), name

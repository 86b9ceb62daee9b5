"""The training of one encoder and its head on labels, stopped by validation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from orthrus.array_types import Floats, Ints
from orthrus.config.finetune import FinetuneSettings, Recipe
from orthrus.errors import OrthrusError
from orthrus.evaluate.embed import batches, padded
from orthrus.evaluate.transcript_inputs import Transcripts
from orthrus.log import progress_bar
from orthrus.models.base import Encoder
from orthrus.models.device import choose
from orthrus.pretrain.lightning_module import rate

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

LOSSES: dict[str, Loss] = {
    "regression": functional.mse_loss,
    "multilabel": functional.binary_cross_entropy_with_logits,
}


@dataclass(frozen=True)
class Labelled:
    """Transcripts, their targets (n, labels) float64, and the rows to train and to validate on."""

    transcripts: Transcripts
    targets: Floats
    train: Ints
    val: Ints


class Predictor(nn.Module):
    """An encoder with a head that predicts `n_labels` values from its pooled vectors.

    The head has two layers, `hidden` channels between them (paper, A.6), normalised over the batch
    as in the published code. An encoder that ends in such a layer itself, as Saluki, gets only the
    last one.
    """

    def __init__(self, encoder: Encoder, hidden: int, n_labels: int):
        super().__init__()
        self.encoder = encoder
        self.whole = any(isinstance(module, _BatchNorm) for module in encoder.modules())
        layers: list[nn.Module] = [nn.Linear(encoder.width, n_labels)]
        if not encoder.ends_in_hidden_layer:
            layers = [
                nn.Linear(encoder.width, hidden, bias=False),
                nn.BatchNorm1d(hidden),
                nn.ReLU(),
                nn.Linear(hidden, n_labels),
            ]
        self.head = nn.Sequential(*layers)

    def forward(self, transcripts: Transcripts, rows: Ints, max_tokens: int) -> torch.Tensor:
        """Predict the labels of `rows`: (rows, labels), logits where labels are yes or no.

        Transcripts of similar length are encoded together, at most `max_tokens` nt at once, unless
        the encoder is in training and takes statistics over the batch.
        """
        device = next(self.parameters()).device
        lengths = transcripts.lengths[rows]
        cut = batches(lengths, max_tokens)
        if self.whole and self.training:
            cut = [np.arange(len(rows))]
        vectors = [
            self.encoder.embed(
                torch.from_numpy(padded(transcripts, rows[piece])).to(device),
                torch.from_numpy(lengths[piece]).to(device),
            )
            for piece in cut
        ]
        back = torch.from_numpy(np.argsort(np.concatenate(cut))).to(device)
        predicted: torch.Tensor = self.head(torch.cat(vectors)[back])
        return predicted


class Trainer:
    """Trains a predictor of one task as `recipe` and `settings` say.

    Parameters
    ----------
    model
        Trained in place.
    data
        Targets of the training rows are those to fit: real numbers or 0 and 1, as `kind` says.
    kind
        `regression` (mean squared error) or `multilabel` (cross entropy of each label).
    """

    def __init__(
        self, model: Predictor, data: Labelled, kind: str, recipe: Recipe,
        settings: FinetuneSettings,
    ):  # fmt: skip
        self.device = choose(settings.device, "device")
        self.model = model.to(self.device)
        self.data = data
        self.loss = LOSSES[kind]
        self.recipe = recipe
        self.settings = settings

    def fit(self, pretrained: bool, seed: int, measure: Callable[[Floats], float]) -> int:
        """Train, and leave the model with the weights that validation liked best.

        Parameters
        ----------
        pretrained
            Whether weight decay spares the encoder.
        seed
            Of the order of the training rows.
        measure
            Scores predictions (validation rows, labels); larger is better.

        Returns
        -------
        int
            The step of the best score, the first one of equals.

        Raises
        ------
        OrthrusError
            The loss is not finite.
        """
        optimizer = self._optimizer(pretrained)
        stream = self._batches(np.random.default_rng(seed))
        best_step, best, weights = 0, -math.inf, self._weights()
        patience = (self.settings.patience or math.inf) * self.settings.validate_every
        with progress_bar() as bar:
            for step in bar.track(range(1, self.recipe.steps + 1), description="Fine-tuning"):
                self._step(optimizer, next(stream), step)
                if step % self.settings.validate_every and step < self.recipe.steps:
                    continue
                score = measure(self.predict(self.data.val))
                if score > best:
                    best_step, best, weights = step, score, self._weights()
                elif step - best_step >= patience:
                    break
        self.model.load_state_dict(weights)
        return best_step

    def predict(self, rows: Ints) -> Floats:
        """Return the predictions (rows, labels) of the model as it is, without dropout.

        Raises
        ------
        OrthrusError
            One is not finite.
        """
        self.model.eval()
        with torch.inference_mode(), self._autocast():
            found = self.model(self.data.transcripts, rows, self.settings.max_tokens)
        if not found.isfinite().all():
            raise OrthrusError("a prediction is not finite; lower lr")
        return found.double().cpu().numpy()

    def _step(self, optimizer: torch.optim.Optimizer, rows: Ints, step: int) -> None:
        for group in optimizer.param_groups:
            group["lr"] = self.recipe.lr * rate(step - 1, self.recipe.warmup, self.recipe.steps)
        self.model.train()
        targets = torch.from_numpy(self.data.targets[rows]).float().to(self.device)
        with self._autocast():
            predicted = self.model(self.data.transcripts, rows, self.settings.max_tokens)
        loss = self.loss(predicted.float(), targets)
        if not torch.isfinite(loss):
            raise OrthrusError(f"the loss of step {step} is not finite; lower lr")
        optimizer.zero_grad()
        loss.backward()
        if self.recipe.clip_by == "norm":
            nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        else:
            nn.utils.clip_grad_value_(self.model.parameters(), self.recipe.clip)
        optimizer.step()

    def _optimizer(self, pretrained: bool) -> torch.optim.Optimizer:
        decay = self.recipe.weight_decay
        encoder = self.model.encoder.parameter_groups(self.recipe.lr, 0.0 if pretrained else decay)
        head = {"params": list(self.model.head.parameters()), "weight_decay": decay}
        return torch.optim.AdamW([*encoder, head], lr=self.recipe.lr)

    def _batches(self, rng: np.random.Generator) -> Iterator[Ints]:
        """Yield batches of one size without end; each epoch leaves out what fills none."""
        rows = self.data.train
        size = min(self.settings.batch, len(rows))
        while True:
            order = rng.permutation(rows)
            for start in range(0, len(rows) - size + 1, size):
                yield order[start : start + size]

    def _weights(self) -> dict[str, torch.Tensor]:
        return {name: value.clone() for name, value in self.model.state_dict().items()}

    def _autocast(self) -> torch.autocast:
        mixed = self.settings.precision == "bf16-mixed"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=mixed)

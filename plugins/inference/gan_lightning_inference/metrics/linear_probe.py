"""What a linear classifier makes of an encoder's features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, ClassVar, Literal

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gan_lightning.abilities import Encoding
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.layers import at_least, standing_statistics
from gan_lightning.metrics.of_networks import in_chunks
from gan_lightning.origin import Origin
from gan_lightning.randomness import Randomness, mix
from gan_lightning.two_player import TwoPlayerGame
from gan_lightning_inference.encoder import Encoder
from gan_lightning_inference.metrics.encoder_score import EncoderScore, chosen

View = Literal["features", "codes"]
_ROUNDS = 2000


class LinearProbe(EncoderScore):
    """Accuracy in % of logistic regression on what the encoder tells, beside that on pixels and on random features.

    ``linear_probe`` is that of the trained encoder, ``linear_probe_pixels`` that of the samples themselves, and
    ``linear_probe_random`` that of an encoder of the same make with new weights, whose batch normalisation has taken
    the statistics of the samples; another draw of weights may differ by a point. All three see the same split: of
    `samples` samples, a share `held_out` is tested on. Of the others, `labels` of each class have their label known;
    the regression (L2, C = 1) is fitted to these, and the mean over `draws` such choices is reported. Numbers are
    standardised by mean and deviation of all that are not held out. The protocol is that of linear evaluation
    (arXiv:1605.09782, section 4.3; arXiv:1907.02544, section 3.1) with few labels. The encoder has seen all samples in
    training if they are those of the data, none with its label.

    Args:
        of: The encoder's last hidden layer, or its codes.
        labels: Labels of each class, or null for all that are not held out.
        samples: Samples that are taken of the data, at most.
        held_out: Share of them that is tested on.
        draws: Choices of labelled samples.

    Raises:
        UserError: An option is out of its range, the data have no labels, or a class has too few samples.
    """

    origin = Origin("Donahue et al., Adversarial Feature Learning", 2016, "1605.09782")
    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {
        "linear_probe": "higher",
        "linear_probe_pixels": "higher",
        "linear_probe_random": "higher",
    }

    def __init__(
        self,
        of: View = "features",
        labels: int | None = 10,
        samples: int = 2000,
        held_out: float = 0.5,
        draws: int = 10,
    ) -> None:
        super().__init__()
        at_least(1, labels=labels, draws=draws)
        at_least(2, samples=samples)
        if not 0 < held_out < 1:
            raise UserError(f"held_out: expected a share between 0 and 1, got {held_out:g}")
        self.of, self.labels, self.samples, self.held_out, self.draws = of, labels, samples, held_out, draws
        self.classes = torch.empty(0, dtype=torch.long)
        self._beside: dict[str, float] | None = None

    def prepare(self, data: Samples, count: int) -> None:
        """Take samples and their classes."""
        del count
        if data.labels is None:
            raise UserError(f"metric 'linear_probe': {data.name} has no labels to classify by")
        rows = chosen(data, self.samples)
        self.values, self.classes = data.take(rows), data.labels[rows]
        self._beside = None
        next(self._choices())

    def protocol(self) -> dict[str, Any]:
        """Return what is classified, and how the samples are split."""
        return {
            "of": self.of,
            "labels": self.labels,
            "asked": len(self.classes),
            "held_out": len(self.classes) - self._trained,
            "draws": self.draws,
        }

    def found(self, game: Encoding, networks: Mapping[str, nn.Module]) -> dict[str, float]:
        """Return the three accuracies; those of pixels and of random features are found once."""
        if self._beside is None:
            self._beside = {
                "linear_probe_pixels": self.accuracy(self.values.flatten(1).float()),
                "linear_probe_random": self.accuracy(self._told(game, self._untrained(game, networks))),
            }
        return {"linear_probe": self.accuracy(self._told(game, networks)), **self._beside}

    def accuracy(self, features: Tensor) -> float:
        """Return the mean accuracy in % of a linear classifier of features ``[N, D]`` of the samples."""
        trained = self._trained
        scaled = StandardScaler().fit(features[:trained]).transform(features.double())
        scores: list[float] = []
        for known in self._choices():
            classifier = LogisticRegression(max_iter=_ROUNDS).fit(scaled[known], self.classes[known])
            scores.append(classifier.score(scaled[trained:], self.classes[trained:]))
        return 100.0 * sum(scores) / len(scores)

    @property
    def _trained(self) -> int:
        """How many samples, the first ones, are not held out."""
        return len(self.classes) - max(1, round(self.held_out * len(self.classes)))

    def _choices(self) -> Iterator[Tensor]:
        """Yield the numbers of samples whose label is known, for each draw."""
        classes = self.classes[: self._trained]
        if self.labels is None:
            yield torch.arange(len(classes))
            return
        for draw in range(self.draws):
            order = torch.randperm(len(classes), generator=Randomness(0).generator("labels", draw))
            known = [order[classes[order] == label][: self.labels] for label in torch.unique(self.classes)]
            fewest = min(map(len, known))
            if fewest < self.labels:
                raise UserError(
                    f"metric 'linear_probe': a class has {fewest} samples that are not held out, and {self.labels} "
                    "labels are asked for; lower labels, or raise samples"
                )
            yield torch.cat(known)

    def _told(self, game: Encoding, networks: Mapping[str, nn.Module]) -> Tensor:
        """Return features, or codes, ``[N, D]`` of all samples."""
        encoder = networks["encoder"]
        if self.of == "codes":
            return in_chunks(self.values, lambda samples: game.encode(networks, samples), encoder)
        if not isinstance(encoder, Encoder):
            raise UserError(
                f"metric 'linear_probe': {type(encoder).__name__} tells codes and no features; set of to codes"
            )
        return in_chunks(self.values, encoder.features, encoder)

    def _untrained(self, game: Encoding, networks: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
        """Return the networks with an encoder of new weights."""
        if not isinstance(game, TwoPlayerGame):
            raise UserError(f"metric 'linear_probe': {type(game).__name__} cannot build its encoder anew")
        device = next(networks["encoder"].parameters()).device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(mix(0, "random features"))
            encoder = game.parts.networks["encoder"](game.spec_of("encoder", game.data), 0).to(device).eval()
        fresh = {**networks, "encoder": encoder}
        normalised = [
            layer for layer in encoder.modules() if isinstance(layer, _BatchNorm) and layer.track_running_stats
        ]
        if normalised:
            with standing_statistics(encoder, lambda _: self._told(game, fresh), 1):
                return {**fresh, "encoder": deepcopy(encoder)}
        return fresh

"""Whether a code is factorial: units that say nothing of each other, and all that is in the sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]
from torch import Tensor, nn

from gan_lightning.abilities import Encoding
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UserError
from gan_lightning.game import Game
from gan_lightning.metrics.of_networks import NetworkScore, in_chunks
from gan_lightning_classic.factorial import PREDICTABILITY_PAPER

_MOST = 10_000


class CodeScore(NetworkScore):
    """A score of codes of real samples, the first 10,000 at most.

    Args:
        threshold: Above this a unit counts as on.
    """

    origin = PREDICTABILITY_PAPER

    def __init__(self, threshold: float = 0.5) -> None:
        super().__init__()
        self.threshold = threshold

    def prepare(self, data: Samples, count: int) -> None:
        """Take samples."""
        del count
        self.values = data.values[:_MOST]

    def units(self, game: Game, networks: Mapping[str, nn.Module]) -> Tensor:
        """Return which units are on, bool ``[N, units]``.

        Raises:
            UserError: The game has no encoder.
        """
        if not isinstance(game, Encoding):
            raise UserError(f"{type(game).__name__} has no encoder whose code could be scored")
        encoding: Encoding = game
        ask = lambda samples: encoding.encode(networks, samples)  # noqa: E731
        return in_chunks(self.values, ask, networks["encoder"]) > self.threshold

    def protocol(self) -> dict[str, Any]:
        """Return the threshold, and how many samples are asked about."""
        return {"threshold": self.threshold, "asked": len(self.values)}


class CodeIndependence(CodeScore):
    """What thresholded units of a code say of each other, and what of a sample they keep (Schmidhuber 1992).

    ``code_information_mean`` and ``code_information_max`` are mutual informations of two units in bits, over all pairs;
    their estimates are corrected for the number of samples, see `mutual_information`, and may be slightly below 0. A
    unit that never changes has none, so ``code_entropy``, the mean over units in bits, is at best 1.
    ``decoded_right`` is the share of a sample's values whose reconstruction is on the right side of 0, and
    ``decoding_error`` the reconstruction's mean squared error, both from codes as they are, without a threshold.

    Raises:
        UserError: The game has no encoder.
    """

    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {
        "code_information_mean": "lower",
        "code_information_max": "lower",
        "code_entropy": "higher",
        "decoded_right": "higher",
        "decoding_error": "lower",
    }

    def told(self, game: Game, networks: Mapping[str, nn.Module]) -> Mapping[str, float]:
        """Encode samples, and decode their codes."""
        units = self.units(game, networks)
        assert isinstance(game, Encoding)
        encoding: Encoding = game
        information = mutual_information(units)
        pairs = information[torch.ones_like(information, dtype=torch.bool).triu(1)]

        def judge(samples: Tensor) -> Tensor:
            made = encoding.reconstruct(networks, samples)
            right = ((made > 0) == (samples > 0)).float().flatten(1).mean(dim=1)
            return torch.stack([right, (made - samples).square().flatten(1).mean(dim=1)], dim=1)

        right, error = in_chunks(self.values, judge, networks["encoder"]).double().mean(dim=0).tolist()
        return {
            "code_information_mean": pairs.mean().item(),
            "code_information_max": pairs.max().item(),
            "code_entropy": entropy(units).mean().item(),
            "decoded_right": right,
            "decoding_error": error,
        }


class BitsRecovered(CodeScore):
    """Share of the bits that data are mixed from that units of a code tell, each bit by a unit of its own.

    The data tell the bits in the fact ``bits``, as `redundant_bits` does. A unit may tell a bit or its negation. Bits
    without a unit count one half, which is chance.

    Raises:
        UserError: The data are made of no bits, or the game has no encoder.
    """

    better: ClassVar[Mapping[str, Literal["lower", "higher"]]] = {"bits_recovered": "higher"}

    def prepare(self, data: Samples, count: int) -> None:
        """Take samples and their bits."""
        super().prepare(data, count)
        if "bits" not in data.facts:
            raise UserError(f"metric 'bits_recovered': {data.name} is made of no bits; take data redundant_bits")
        self.bits = data.facts["bits"][:_MOST]

    def told(self, game: Game, networks: Mapping[str, nn.Module]) -> Mapping[str, float]:
        """Encode samples, and match units with bits."""
        return {"bits_recovered": recovered_share(self.units(game, networks), self.bits)}


def recovered_share(units: Tensor, bits: Tensor) -> float:
    """Return the mean over bits of how often the unit matched with it is right, or always wrong.

    Args:
        units: bool ``[N, units]``.
        bits: bool ``[N, m]``.
    """
    agree = (2 * units.double() - 1).T @ (2 * bits.double() - 1) / len(units)
    right = (1 + agree.abs()) / 2
    rows, columns = linear_sum_assignment(right.numpy(), maximize=True)
    missing = bits.shape[1] - len(rows)
    return (right[rows, columns].sum().item() + missing / 2) / bits.shape[1]


def entropy(units: Tensor) -> Tensor:
    """Return the entropy of each unit in bits, float64 ``[units]``, for bool ``[N, units]``."""
    share = units.double().mean(dim=0)
    return -(torch.xlogy(share, share) + torch.xlogy(1 - share, 1 - share)) / math.log(2)


def mutual_information(units: Tensor) -> Tensor:
    """Return the mutual information of each two units in bits, float64 ``[units, units]``.

    That of the observed frequencies is too high by about (cells - rows - columns + 1) / (2 N) nats, counting those that
    occur (Miller 1955); this is taken off. The diagonal is the units' entropies, corrected likewise.

    Args:
        units: bool ``[N, units]``.
    """
    sides = torch.stack([~units, units]).double()  # [2, N, units]
    joint = torch.einsum("anu,bnv->abuv", sides, sides) / units.shape[0]
    each = sides.mean(dim=1)  # [2, units]
    apart = each[:, None, :, None] * each[None, :, None, :]
    plain = torch.xlogy(joint, joint / apart.clamp(min=torch.finfo(torch.double).tiny)).sum(dim=(0, 1))
    occurring = (each > 0).sum(dim=0)
    cells = (joint > 0).sum(dim=(0, 1)) - occurring[:, None] - occurring[None, :] + 1
    return (plain - cells / (2 * units.shape[0])) / math.log(2)

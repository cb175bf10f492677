"""The moves of a round, from a loss and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from gan_lightning.components import Loss, Penalty, Rule
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Phase, Play
from gan_lightning.two_player.play import TwoPlayerPlay

Term = Callable[[Play], Tensor]


def phases_of(
    loss: Loss, rules: Mapping[str, Rule], n_dis: int, n_gen: int = 1, adversarial: float = 1.0
) -> tuple[Phase, ...]:
    """Lay out a round: D's turns with its loss, lazy penalties as phases of their own, G's turns.

    Args:
        loss: What both pay for critiques.
        rules: Penalties and other rules by name.
        n_dis: Turns of the discriminator.
        n_gen: Turns of the generator.
        adversarial: Factor on the generator's loss, which 0 leaves out.

    Raises:
        UserError: The generator is left with nothing to minimise.
    """

    def discriminator(play: Play) -> Tensor:
        assert isinstance(play, TwoPlayerPlay)
        return loss.discriminator(play.real_critique, play.fake_critique)

    def generator(play: Play) -> Tensor:
        assert isinstance(play, TwoPlayerPlay)
        paid = loss.generator(play.real_critique, play.fake_critique)
        return paid if adversarial == 1.0 else adversarial * paid

    terms: dict[str, dict[str, Term]] = {"discriminator": {"loss": discriminator}}
    terms["generator"] = {"loss": generator} if adversarial else {}
    lazy: dict[str, list[Phase]] = {"discriminator": [], "generator": []}
    penalties = {name: rule for name, rule in rules.items() if isinstance(rule, Penalty)}
    for name, penalty in penalties.items():
        for player in penalty.players:
            term = {name: _weighted(penalty)}
            if penalty.every == 1:
                terms[player].update(term)
            else:
                lazy[player].append(Phase(player, term, every=penalty.every, gain=float(penalty.every)))
    if not terms["generator"]:
        raise UserError(
            "game.adversarial: 0 leaves the generator nothing to minimise; add a penalty, such as feature_matching"
        )
    return (
        Phase("discriminator", terms["discriminator"], turns=n_dis, fresh=True),
        *lazy["discriminator"],
        Phase("generator", terms["generator"], turns=n_gen, counts=True),
        *lazy["generator"],
    )


def check_rules(parts: Parts, *, conditional: bool) -> None:
    """Refuse rules for players that there are not, classes that there are not, and what the mathematics forbids."""
    if not conditional:
        _refuse_needs_of_classes(parts)
    _refuse_kinds_of_data(parts)
    present = {*parts.penalties, parts.loss_name, *parts.augmentations}
    for name, rule in parts.penalties.items():
        if name == "loss":
            raise UserError("penalties: 'loss' is what the adversarial loss is logged as; the plugin must rename it")
        for player in rule.players:
            if player not in ("discriminator", "generator"):
                raise UserError(f"penalties.{name}: it is for a player {player!r}, which this game does not have")
        for other in rule.excludes.keys() & present:
            raise UserError(f"penalties.{name}: it cannot be played with {other}: {rule.excludes[other]}")


def _refuse_needs_of_classes(parts: Parts) -> None:
    for where, part in {
        "loss": parts.loss,
        **{f"penalties.{name}": one for name, one in parts.penalties.items()},
    }.items():
        if part is not None and part.needs_classes:
            raise UserError(f"{where}: it reads the classes of samples; set game.conditional to true")


def _refuse_kinds_of_data(parts: Parts) -> None:
    for name, augmentation in parts.augmentations.items():
        if parts.data.kind not in augmentation.kinds:
            raise UserError(f"augment: {name} transforms {' and '.join(augmentation.kinds)}, not {parts.data.kind}")


def _weighted(penalty: Penalty) -> Term:
    return lambda play: penalty.weight * penalty(play)

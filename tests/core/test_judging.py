"""Other ways to ask a discriminator: both sides in one forward, and spectral norms iterated once a turn."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from toys import ToyDiscriminator, ToyGenerator, toy_catalog, toy_recipe

from gan_lightning.components import Architecture
from gan_lightning.critique import Critique
from gan_lightning.fit import Session
from gan_lightning.layers import SNLinear
from gan_lightning.recipe import check
from gan_lightning.run import Run


class Counting(ToyDiscriminator):
    """Counts its forwards and the samples in each."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.judged = []

    def forward(self, samples, labels=None):
        self.judged.append(len(samples))
        return super().forward(samples, labels)


class Normalised(nn.Module):
    """One spectrally normalised layer, whose `u` tells how often it was iterated."""

    def __init__(self, data, classes):
        super().__init__()
        del classes
        self.layer = SNLinear(torch.Size(data.shape).numel(), 1)
        self.iterated = 0

    def forward(self, samples, labels=None):
        del labels
        before = self.layer.u.clone()
        features = samples.flatten(1)
        logits = self.layer(features).squeeze(1)
        self.iterated += not self.layer.held
        assert self.layer.held <= torch.equal(before, self.layer.u)
        return Critique(logits, features=features)


CATALOG = toy_catalog(
    architecture={
        "counting": Architecture({"generator": ToyGenerator, "discriminator": Counting}),
        "normalised": Architecture({"generator": ToyGenerator, "discriminator": Normalised}),
    }
)


def trained(folder, architecture, **game):
    recipe = toy_recipe(folder, architecture=architecture, train={"steps": 3}, game={"name": "two_player", **game})
    session = Session.prepare(check(recipe, CATALOG), CATALOG)
    session.trainer(Run(folder), []).fit(session.module, datamodule=session.data())
    return session.module


@pytest.mark.parametrize("conditional", [False, True])
def test_one_forward_for_both_sides_is_the_same_step_where_samples_do_not_meet(tmp_path, conditional):
    apart = trained(tmp_path, "counting", conditional=conditional)
    together = trained(tmp_path, "counting", conditional=conditional, judge_together=True)
    assert apart.game.networks["discriminator"].judged == [16, 16, 16] * 3
    assert together.game.networks["discriminator"].judged == [32, 16] * 3
    for one, other in zip(together.game.parameters(), apart.game.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_power_iteration_may_be_held_after_a_turns_first_forward(tmp_path):
    usual = trained(tmp_path, "normalised").game.networks["discriminator"]
    held = trained(tmp_path, "normalised", hold_power_iteration=True).game.networks["discriminator"]
    together = trained(tmp_path, "normalised", judge_together=True).game.networks["discriminator"]
    assert (usual.iterated, held.iterated, together.iterated) == (9, 6, 6)

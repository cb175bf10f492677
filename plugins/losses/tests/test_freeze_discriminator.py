import pytest
import torch
from critics import Affine, Bent, make_game, penalty
from torch import nn

from gan_lightning.components import Discriminator
from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.headed import Headed


class Block(nn.Module):
    """Two layers that are one part."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, samples):
        return self.b(self.a(samples))


class Deep(Discriminator):
    """Two blocks in a sequence, the first with layers that are one part, and a last layer."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Block(), nn.Tanh(), nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)))
        self.last = nn.Linear(3, 1)

    def forward(self, samples, labels=None):
        return Critique(self.last(self.blocks(samples)).squeeze(1))


def trained(body, layers):
    game = make_game(body, Affine(), {"freeze_discriminator": penalty("freeze_discriminator", layers=layers)})
    own = {id(weight) for weight in game.parameters_of(game.player("discriminator"))}
    return game, [name for name, weight in body.named_parameters() if id(weight) in own]


@pytest.mark.parametrize(
    ("layers", "left"), [(1, ["blocks.2.0", "blocks.2.1", "last"]), (2, ["blocks.2.1", "last"]), (3, ["last"])]
)
def test_the_first_layers_are_in_nobodys_hands(layers, left):
    game, found = trained(Deep(), layers)
    assert found == [f"{layer}.{kind}" for layer in left for kind in ("weight", "bias")]
    frozen = dict(game.networks["discriminator"].named_parameters()).keys() - set(found)
    assert not any(game.networks["discriminator"].get_parameter(name).requires_grad for name in frozen)
    assert len(game.parameters_of(game.player("generator"))) == 1


def test_a_discriminator_with_further_outputs_is_looked_into(monkeypatch):
    monkeypatch.setattr("gan_lightning.headed._feature_width", lambda body, data, classes: 3)
    game, _ = trained(Headed(Deep(), None, 0, {"more": 2}), 2)
    assert {name for _, name in game.frozen} == {
        f"body.blocks.{name}" for name in ("0.a.weight", "0.a.bias", "0.b.weight", "0.b.bias", "2.0.weight", "2.0.bias")
    }


def test_the_step_leaves_them_as_they_are(tmp_path):
    game, found = trained(Bent(), 1)
    assert found == ["layers.2.weight", "layers.2.bias", "last.weight", "last.bias"]
    optimizer = torch.optim.SGD(game.parameters_of(game.player("discriminator")), lr=1.0)
    before = {name: weight.clone() for name, weight in game.networks["discriminator"].named_parameters()}
    critique = game.networks["discriminator"](torch.randn(8, 4))
    critique.logits.square().sum().backward()
    optimizer.step()
    changed = {n for n, weight in game.networks["discriminator"].named_parameters() if not weight.equal(before[n])}
    assert changed == set(found)


@pytest.mark.parametrize(("layers", "message"), [(0, "layers: expected at least 1, got 0"), (3, "at most 2, got 3")])
def test_none_and_all_are_refused(layers, message):
    with pytest.raises(UserError, match=message):
        trained(Bent(), layers)

import pytest
import torch
from torch import nn

from gan_lightning.errors import UserError
from gan_lightning.layers import BatchNorm2d, ModulatedBatchNorm2d, SNLinear, standing_statistics
from gan_lightning.sampling import draw_samples


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


class Normalised(nn.Module):
    """A spectrally normalised layer, batch normalisation, dropout, and a normalisation that no forward reaches."""

    latent_shape = (3,)

    def __init__(self):
        super().__init__()
        self.linear = SNLinear(3, 2)
        self.norm = nn.BatchNorm1d(2)
        self.dropout = nn.Dropout(0.5)
        self.elsewhere = nn.BatchNorm1d(2)

    def forward(self, latents, labels=None):
        del labels
        return self.dropout(self.norm(self.linear(latents)))


def state(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def trained():
    network = Normalised()
    for _ in range(20):
        network(torch.randn(8, 3))
    return network.eval()


def test_statistics_are_the_averages_over_the_forwards():
    network = trained()
    batches = [torch.randn(7, 3) * 0.3 for _ in range(5)]
    inner = [network.linear(batch).detach() for batch in batches]
    mean = torch.stack([one.mean(dim=0) for one in inner]).mean(dim=0)
    variance = torch.stack([one.var(dim=0) for one in inner]).mean(dim=0)
    latents = torch.randn(4, 3)
    expected = (network.linear(latents) - mean) / (variance + 1e-5).sqrt()
    with standing_statistics(network, lambda index: network(batches[index]), 5):
        assert torch.allclose(network.norm.running_mean, mean, atol=1e-6)
        assert torch.allclose(network.norm.running_var, variance, atol=1e-6)
        assert torch.allclose(network(latents), expected, atol=1e-5)


def test_narrower_latents_have_other_statistics_than_training_had():
    network = trained()
    running = network.norm.running_var.clone()
    with standing_statistics(network, lambda index: network(torch.randn(64, 3) * 0.3), 10):
        assert (network.norm.running_var < 0.3 * running).all()


def test_afterwards_all_is_as_before_whatever_happens():
    network = trained()
    before, modes = state(network), [module.training for module in network.modules()]
    with standing_statistics(network, lambda index: network(torch.randn(4, 3)), 3):
        assert [module.training for module in network.modules()] == modes
        assert not torch.equal(network.norm.running_mean, before["norm.running_mean"])
        assert torch.equal(network.elsewhere.running_mean, before["elsewhere.running_mean"])
        assert torch.equal(network.linear.u, before["linear.u"])
    with pytest.raises(ZeroDivisionError), standing_statistics(network, lambda index: 1 / (1 - index), 3):
        pass
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert [module.training for module in network.modules()] == modes
    assert network.norm.momentum == 0.1


def test_conditional_normalisations_are_among_them():
    network = nn.ModuleDict({"one": ModulatedBatchNorm2d(2, lambda width: nn.Linear(3, width)), "two": BatchNorm2d(2)})
    x, condition = torch.randn(4, 2, 3, 3) + 5, torch.randn(4, 3)
    with standing_statistics(network.eval(), lambda index: network["two"](network["one"](x, condition)), 1):
        assert torch.allclose(network["one"].norm.running_mean, x.mean(dim=(0, 2, 3)))
        assert network["two"].running_mean.any()


def test_what_cannot_stand_is_refused():
    network = trained()
    with pytest.raises(UserError, match="forwards: expected at least 1, got 0"), standing_statistics(network, print, 0):
        pass
    with pytest.raises(UserError, match="no batch normalisation"), standing_statistics(network.linear, print, 1):
        pass


# --- In sampling ------------------------------------------------------------------------------------------------------


class Sampling:
    """As much of a game as makes samples."""

    def sample(self, networks, count, random, labels=None):
        return networks["generator"](random.normal("latents", count, 3), labels)


def samples_of(network, count, standing):
    return torch.cat(list(draw_samples(Sampling(), {"generator": network}, count, seed=0, standing=standing)))


def test_samples_are_made_with_them_and_do_not_depend_on_their_number():
    network = trained()
    before = state(network)
    plain, few, many = samples_of(network, 70, None), samples_of(network, 3, 6), samples_of(network, 70, 6)
    assert torch.equal(few, many[:3])
    assert (plain - many).abs().max() > 1e-3
    assert many.mean().abs() < 0.2
    assert not torch.equal(many, samples_of(network, 70, 5))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())

"""The networks: published parameter counts, sizes, and what encoders and discriminators tell."""

from __future__ import annotations

import pytest
import torch
from gan_lightning_inference.architectures.aae import AAEDiscriminator
from gan_lightning_inference.architectures.ali import ALI, ALIDiscriminator, ALIEncoder, ALIGenerator
from gan_lightning_inference.architectures.bigan import BIGAN, BiGANEncoder
from gan_lightning_inference.architectures.bigbigan import BIGBIGAN, BigBiGANEncoder
from gan_lightning_inference.architectures.gaussian_encoder import MLPGaussianEncoder
from gan_lightning_inference.encoder import GaussianEncoder
from gan_lightning_inference.pairs import joined
from torch import nn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.layers import SpectralNorm

ROLES = ("generator", "discriminator", "encoder")
CIFAR = DataSpec((3, 32, 32))


def parameters(network):
    return sum(weight.numel() for weight in network.parameters())


def test_ali_for_cifar_has_the_published_parameters():
    with torch.device("meta"):
        assert parameters(ALIEncoder(CIFAR, 0)) == 3_118_496
        assert parameters(ALIGenerator(CIFAR, 0)) == 978_083


@pytest.mark.parametrize("architecture", [ALI, BIGAN, BIGBIGAN])
@pytest.mark.parametrize("classes", [0, 3])
def test_the_three_networks_fit_each_other(architecture, classes):
    data = DataSpec((1, 28, 20), (2,) * classes)
    options = {"hidden": 8} if architecture is BIGAN else {"channels": 4}
    generator, discriminator, encoder = (architecture.roles[role](data, classes, latent=5, **options) for role in ROLES)
    labels = torch.arange(6) % classes if classes else None
    samples = generator(torch.randn(6, 5), labels)
    assert samples.shape == (6, 1, 28, 20)
    codes = encoder(samples, labels)
    assert codes.shape == (6, *encoder.latent_shape) == (6, 5)
    critique = discriminator(joined(samples, codes), labels)
    assert critique.logits.shape[0] == 6
    critique.logits.square().sum().backward()
    for network in (generator, discriminator):
        assert all(weight.grad is not None for weight in network.parameters())
    heard = {name for name, weight in encoder.named_parameters() if weight.grad is not None}
    assert heard == {name for name, _ in encoder.named_parameters()}


@pytest.mark.parametrize(("sides", "near"), [((16, 16), "20x20"), ((30, 32), "32x32"), ((28, 18), "28x20")])
def test_ali_names_the_nearest_size(sides, near):
    for network in (ALIGenerator, ALIDiscriminator, ALIEncoder):
        with pytest.raises(UnsupportedShapeError, match=f"nearest size is {near}"):
            network(DataSpec((1, *sides)), 0, channels=2)


def test_ali_normalises_without_biases_and_drops_out_a_fifth_of_the_inputs_and_half_of_the_rest():
    data = DataSpec((1, 20, 20))
    for network in (ALIGenerator(data, 0, channels=2), ALIEncoder(data, 0, channels=2)):
        layers = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
        assert [layer.bias is not None for layer in layers] == [False] * 6 + [True]
        norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
        assert len(norms) == 6
        slopes = {layer.negative_slope for layer in network.modules() if isinstance(layer, nn.LeakyReLU)}
        assert slopes == {0.1}
        spread = torch.cat([layer.weight.flatten() for layer in layers]).std().item()
        assert spread == pytest.approx(0.01, rel=0.1)
    discriminator = ALIDiscriminator(data, 0, channels=2)
    dropped = [layer.p for layer in discriminator.modules() if isinstance(layer, nn.Dropout)]
    assert dropped == [0.2, 0.5, 0.5, 0.5, 0.5, 0.2, 0.5, 0.5, 0.5, 0.5]
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in discriminator.modules())


def test_ali_judges_the_latent_too():
    discriminator = ALIDiscriminator(DataSpec((1, 20, 20)), 0, channels=4, latent=3).eval()
    nn.init.normal_(discriminator.last.weight)
    samples, latents = torch.randn(4, 1, 20, 20), torch.randn(4, 3)
    assert not torch.equal(
        discriminator(joined(samples, latents)).logits, discriminator(joined(samples, latents.flip(0))).logits
    )


@pytest.mark.parametrize("kind", [ALIEncoder, BigBiGANEncoder, MLPGaussianEncoder])
def test_encoders_of_distributions_tell_means_in_evaluation(kind):
    encoder = kind(DataSpec((1, 24, 24)), 0, latent=3).eval()
    assert isinstance(encoder, GaussianEncoder)
    samples = torch.randn(2, 1, 24, 24)
    mean, log_deviation = encoder.moments(samples)
    assert torch.equal(encoder(samples), mean)
    assert mean.shape == log_deviation.shape == (2, 3)


def test_deviations_of_bigbigan_are_softplus_and_never_zero():
    encoder = BigBiGANEncoder(DataSpec((1, 8, 8)), 0, channels=2, hidden=4, latent=3)
    raw = torch.tensor([-200.0, 0.0, 3.0], requires_grad=True)
    deviation = encoder.log_deviation(raw).exp()
    torch.testing.assert_close(deviation, nn.functional.softplus(raw), atol=2e-4, rtol=0)
    encoder.log_deviation(raw).sum().backward()
    assert raw.grad.isfinite().all()


def test_bigbigan_scores_sample_latent_and_pair():
    data = DataSpec((1, 16, 16))
    discriminator = BIGBIGAN.roles["discriminator"](data, 0, channels=4, hidden=8, latent=3).eval()
    samples, latents = torch.randn(4, 1, 16, 16), torch.randn(4, 3)
    scores = discriminator(joined(samples, latents)).logits
    others = discriminator(joined(samples, latents.flip(0))).logits
    assert scores.shape == (4, 3)
    assert torch.equal(scores[:, 0], others[:, 0]), "the sample's score does not hear the latent"
    torch.testing.assert_close(scores[:, 1], others[:, 1].flip(0))
    assert not torch.allclose(scores[:, 2], others[:, 2])
    again = discriminator(joined(samples.flip(0), latents)).logits
    assert torch.equal(scores[:, 1], again[:, 1]), "the latent's score does not see the sample"
    plain = [layer for layer in discriminator.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    assert all(isinstance(layer, SpectralNorm) for layer in plain)


def test_bigan_normalises_the_second_hidden_layer_without_scale_and_shift():
    encoder = BiGANEncoder(DataSpec((1, 4, 4)), 0, hidden=8)
    kinds = [type(layer) for layer in encoder.hidden]
    assert kinds == [nn.Linear, nn.LeakyReLU, nn.Linear, nn.BatchNorm1d, nn.LeakyReLU]
    assert not list(encoder.hidden[3].parameters())
    with torch.device("meta"):
        mnist = {role: parameters(network(DataSpec((1, 28, 28)), 0)) for role, network in BIGAN.roles.items()}
    hidden = 1024 * 1024 + 1024
    assert mnist["encoder"] == 784 * 1024 + 1024 + hidden + 1024 * 50 + 50
    assert mnist["generator"] == 50 * 1024 + 1024 + hidden + 1024 * 784 + 784
    assert mnist["discriminator"] == 834 * 1024 + 1024 + hidden + 1024 + 1


def test_codes_are_judged_with_their_classes():
    discriminator = AAEDiscriminator(DataSpec((1, 4, 4), (1, 1)), 2, hidden=8, latent=3)
    codes = torch.randn(2, 3)
    first, other = (discriminator(codes, torch.tensor(labels)).logits for labels in ([0, 1], [1, 0]))
    assert first.shape == (2,)
    assert not torch.equal(first, other)

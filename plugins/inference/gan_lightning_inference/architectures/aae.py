"""The fully connected networks of the adversarial autoencoder."""

from __future__ import annotations

from torch import Tensor, nn

from gan_lightning.components import Architecture
from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.layers import at_least, hidden_layers, with_labels
from gan_lightning_inference.architectures.bigan import BiGANEncoder, BiGANGenerator
from gan_lightning_inference.games.aae import AAE_PAPER, CodeDiscriminator


class AAEDiscriminator(CodeDiscriminator):
    """Linear layers with leaky ReLU (0.2) between, on codes.

    A class is read as a one-hot vector beside the code. Features ``[N, hidden]`` of its critiques are the last hidden
    layer.

    Args:
        data: What codes are made of; it plays no part.
        classes: Number of classes, 0 for an unconditional network.
        hidden: Width of the hidden layers.
        layers: Number of hidden layers.
        latent: Length of the codes: the generator's latents.

    Raises:
        UserError: A number is below 1.
    """

    def __init__(self, data: DataSpec, classes: int, *, hidden: int = 1000, layers: int = 2, latent: int = 50) -> None:
        del data
        at_least(1, hidden=hidden, layers=layers, latent=latent)
        super().__init__(latent)
        self.classes = classes
        self.hidden = hidden_layers(latent + classes, hidden, layers, lambda: nn.LeakyReLU(0.2))
        self.last = nn.Linear(hidden, 1)

    def forward(self, codes: Tensor, labels: Tensor | None = None) -> Critique:
        """Judge codes ``[N, latent]`` with labels ``[N]``; logits are high for what the prior draws."""
        features = self.hidden(with_labels(codes, labels, self.classes))
        return Critique(self.last(features).squeeze(1), features=features)


AAE = Architecture({"generator": BiGANGenerator, "discriminator": AAEDiscriminator, "encoder": BiGANEncoder}, AAE_PAPER)

"""What encoders and decoders are built of."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError

START = 4  # sides of the innermost map
_SLOPE = 0.1


def halvings(data: DataSpec) -> int:
    """Return how often the data's sides are halved to reach 4x4.

    Raises:
        UnsupportedShapeError: The data are no square images of 8, 16, 32, 64... pixels a side.
    """
    sides = {START << count: count for count in range(1, 8)}
    if data.kind != "images" or data.shape[1] != data.shape[2] or data.shape[1] not in sides:
        raise UnsupportedShapeError(
            f"data: faces are square, of {', '.join(map(str, sides))} pixels a side; got {data}"
        )
    return sides[data.shape[1]]


def refuse_classes(classes: int) -> None:
    """Refuse classes, of which these networks are not told.

    Raises:
        UserError: There are classes.
    """
    if classes:
        raise UserError("game.conditional: networks of faces are told of no class; set it to false")


def halving(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """Return a convolution of stride 2 and a leaky ReLU of 0.1."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, 2, kernel // 2), nn.LeakyReLU(_SLOPE))


def doubling(inputs: int, outputs: int) -> nn.Sequential:
    """Return a 3x3 convolution to four times the channels, a leaky ReLU of 0.1, and four channels as four pixels.

    It maps ``[N, inputs, H, W]`` to ``[N, outputs, 2 H, 2 W]`` (Shi et al. 2016, arXiv:1609.05158).
    """
    return nn.Sequential(nn.Conv2d(inputs, 4 * outputs, 3, 1, 1), nn.LeakyReLU(_SLOPE), nn.PixelShuffle(2))


class Residual(nn.Module):
    """Two 3x3 convolutions beside a skip, a leaky ReLU of 0.1 between them and one behind their sum.

    Args:
        width: Channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        first, second = (nn.Conv2d(width, width, 3, 1, 1) for _ in range(2))
        self.layers = nn.Sequential(first, nn.LeakyReLU(_SLOPE), second)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[N, width, H, W]`` to as much."""
        return leaky_relu(x + self.layers(x), _SLOPE)


def he_normal(network: nn.Module) -> None:
    """Draw weights of convolutions and linear layers from N(0, 2 / fan_in); zero biases (arXiv:1502.01852)."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

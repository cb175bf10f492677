"""The Inception network that published scores are taken on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan_lightning.components import Extracted
from gan_lightning.errors import UserError
from gan_lightning.metrics.frozen import FrozenNetwork, fold_batch_norms
from gan_lightning.metrics.tf1_resize import resize_like_tf1
from gan_lightning.origin import Origin

_SIZE = 299
_AFTER_POOLING = ("AvgPool", "fc")


class Inception(FrozenNetwork):
    """torch-fidelity's ``inception-v3-compat``, the TensorFlow graph of 2015-12-05, with that graph's own resize.

    Features are the 2048 of the last pooling layer, logits the 1008 without bias. It costs about 11 GFLOP an image.
    In fp32 both are torch-fidelity's to a relative 1e-5.

    Args:
        weights: A file of torch-fidelity's weights; without one they are downloaded to torch.hub's folder.
        batch_size: Most images that go through the network at once; on a CPU never more than 16.
        precision: ``"fp32"``, or ``"bf16"``, which is for monitoring only: features are off by half a percent, what
            that does to a score has not been measured, and the protocol says so. Whether it is faster depends on the
            processor: on some CPUs it takes longer.

    Raises:
        UserError: If there is no such file; at first use, if it is damaged or the weights cannot be downloaded.
    """

    origin = Origin("Szegedy et al., Rethinking the Inception architecture", 2015, "1512.00567")

    def __init__(
        self, weights: Path | None = None, batch_size: int = 64, precision: Literal["fp32", "bf16"] = "fp32"
    ) -> None:
        super().__init__(batch_size)
        if weights is not None and not weights.is_file():
            msg = f"evaluate.extractor.weights: there is no file {weights}, expected {_file_name()}"
            raise UserError(msg)
        self.weights = weights
        self.precision = precision

    def build(self) -> nn.Module:
        """Read the weights into torch-fidelity's network, and return its ``trunk`` and its ``head``."""
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

        file = self.weights_file()
        _refuse_anything_but_tensors(file)
        try:
            network = FeatureExtractorInceptionV3("inception-v3-compat", ["2048", "logits_unbiased"], str(file))
        except (RuntimeError, TypeError, AttributeError) as error:
            msg = f"evaluate.extractor.weights: {file} does not fit the network, expected {_file_name()}"
            raise UserError(msg) from error
        folded = fold_batch_norms(network.eval(), (("conv", "bn"),))
        # Its layers are applied in the order in which they are defined
        trunk = nn.Sequential(*(part for name, part in folded.named_children() if name not in _AFTER_POOLING))
        return nn.ModuleDict({"trunk": trunk.to(self._number), "head": network.fc})

    def extract(self, network: nn.Module, images: Tensor) -> Extracted:
        """Return pooled features ``[N, 2048]`` and logits ``[N, 1008]``, in float32."""
        resized = resize_like_tf1((images.float() - 128.0) / 128.0, _SIZE)
        features = network.get_submodule("trunk")(resized.to(self._number)).mean(dim=(2, 3), dtype=torch.float32)
        return Extracted(features, functional.linear(features, network.get_parameter("head.weight")))

    @property
    def _number(self) -> torch.dtype:
        return torch.float32 if self.precision == "fp32" else torch.bfloat16

    def weights_file(self) -> Path:
        """Return the given file, or torch-fidelity's, downloaded once to where torch-fidelity keeps it."""
        if self.weights is None:
            return _download()
        return self.weights

    def protocol(self) -> dict[str, Any]:
        """Return what features depend on; ``precision`` only where it is not float32."""
        rough = {} if self.precision == "fp32" else {"precision": f"{self.precision}, for monitoring only"}
        return {
            "extractor": "inception",
            "weights_sha256": self.weights_sha256,
            "resize": f"tf1-bilinear-{_SIZE}",
            "normalisation": "(x - 128) / 128",
            "features": "pool-2048",
            **rough,
        }


def _file_name() -> str:
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    return str(URL_INCEPTION_V3).rsplit("/", 1)[-1]


def _download() -> Path:
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    file = Path(torch.hub.get_dir()) / "checkpoints" / _file_name()
    if not file.is_file():
        prefix = file.stem.rsplit("-", 1)[-1]  # the name ends in the first digits of the hash
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(URL_INCEPTION_V3, str(file), hash_prefix=prefix, progress=False)
        except (OSError, RuntimeError) as error:
            msg = (
                f"extractor 'inception': its weights cannot be downloaded ({error}); "
                f"fetch {URL_INCEPTION_V3} elsewhere and set evaluate.extractor.weights: PATH/{file.name}"
            )
            raise UserError(msg) from error
    return file


def _refuse_anything_but_tensors(file: Path) -> None:
    # torch-fidelity unpickles without restrictions, so what it is given must be known to hold tensors only
    import pickle

    try:
        torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        msg = f"evaluate.extractor.weights: {file} is damaged or no file of weights, expected {_file_name()}"
        raise UserError(msg) from error

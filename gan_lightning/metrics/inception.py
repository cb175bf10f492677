"""The Inception network that published scores are taken on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from gan_lightning.components import Extracted
from gan_lightning.errors import UserError
from gan_lightning.metrics.frozen import FrozenNetwork, fold_batch_norms
from gan_lightning.origin import Origin


class Inception(FrozenNetwork):
    """torch-fidelity's ``inception-v3-compat``, the TensorFlow graph of 2015-12-05, with that graph's own resize.

    Features are the 2048 of the last pooling layer, logits the 1008 without bias. It costs about 11 GFLOP an image.

    Args:
        weights: A file of torch-fidelity's weights; without one they are downloaded to torch.hub's folder.
        batch_size: Most images that go through the network at once; on a CPU never more than 16.

    Raises:
        UserError: If there is no such file; at first use, if it is damaged or the weights cannot be downloaded.
    """

    origin = Origin("Szegedy et al., Rethinking the Inception architecture", 2015, "1512.00567")

    def __init__(self, weights: Path | None = None, batch_size: int = 64) -> None:
        super().__init__(batch_size)
        if weights is not None and not weights.is_file():
            msg = f"evaluate.extractor.weights: there is no file {weights}, expected {_file_name()}"
            raise UserError(msg)
        self.weights = weights

    def build(self) -> nn.Module:
        """Read the weights into torch-fidelity's network."""
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

        file = self.weights_file()
        _refuse_anything_but_tensors(file)
        try:
            network = FeatureExtractorInceptionV3("inception-v3-compat", ["2048", "logits_unbiased"], str(file))
        except (RuntimeError, TypeError, AttributeError) as error:
            msg = f"evaluate.extractor.weights: {file} does not fit the network, expected {_file_name()}"
            raise UserError(msg) from error
        return fold_batch_norms(network.eval(), (("conv", "bn"),))

    def extract(self, network: nn.Module, images: Tensor) -> Extracted:
        """Return pooled features ``[N, 2048]`` and logits ``[N, 1008]``."""
        features, logits = network(images)
        return Extracted(features, logits)

    def weights_file(self) -> Path:
        """Return the given file, or torch-fidelity's, downloaded once to where torch-fidelity keeps it."""
        if self.weights is None:
            return _download()
        return self.weights

    def protocol(self) -> dict[str, Any]:
        """Return what features depend on."""
        return {
            "extractor": "inception",
            "weights_sha256": self.weights_sha256,
            "resize": "tf1-bilinear-299",
            "normalisation": "(x - 128) / 128",
            "features": "pool-2048",
        }


def _file_name() -> str:
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    return str(URL_INCEPTION_V3).rsplit("/", 1)[-1]


def _download() -> Path:
    import torch
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

    import torch

    try:
        torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        msg = f"evaluate.extractor.weights: {file} is damaged or no file of weights, expected {_file_name()}"
        raise UserError(msg) from error

"""Real samples that are decoded when asked for are scored in pieces, and not at all once their features are known."""

import torch

from gan_lightning.components import Extracted, Extractor
from gan_lightning.data.samples import Samples, to_network
from gan_lightning.data.webdataset import WebDataset
from gan_lightning.metrics import evaluator as module
from gan_lightning.metrics.evaluator import Evaluator
from gan_lightning.metrics.frechet import FrechetDistance


class Means(Extractor):
    """Means of an image's channels and quarters."""

    def __call__(self, images):
        return Extracted(torch.nn.functional.adaptive_avg_pool2d(images.float(), 2).flatten(1)[:, :4] / 255)

    def protocol(self):
        return {"extractor": "means"}


class Asked:
    """Notes how many samples are asked for at a time."""

    def __init__(self, values):
        self.values, self.counts = values, []
        self.shape, self.dtype = values.shape, values.dtype

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        images = self.values[rows]
        self.counts.append(len(images))
        return images


def test_real_samples_are_decoded_in_pieces_and_once(shards, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK_BYTES", 5 * 3 * 4 * 6)
    streamed = WebDataset(str(shards)).load(tmp_path / "cache")
    at_hand = Samples(streamed.values[:], streamed.labels, "at hand", "at hand")
    asked = Asked(streamed.values)
    lazy = Samples(asked, streamed.labels, streamed.name, streamed.fingerprint)
    fakes = to_network(torch.randint(0, 256, (20, 3, 4, 6), generator=torch.Generator().manual_seed(0)).byte())

    def score(samples):
        made = Evaluator(samples, Means(), {"fid": FrechetDistance()}, 18, seed=0, cache=tmp_path)
        return made.evaluate(fakes.split(7), "ema")[0].values

    first = score(lazy)
    assert asked.counts == [5, 5, 5, 3]
    assert score(lazy) == first
    assert len(asked.counts) == 4
    assert score(at_hand) == first

"""Edges of images, in pairs and not."""

from pathlib import Path

import torch
from gan_lightning_translation.edges import Edges, edges


def test_edges_are_where_images_change():
    images = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    images[:, 1, :, 4:] = 100
    found = edges(images)
    assert found.shape == images.shape
    assert set(found[..., 3:5].unique().tolist()) == {75}
    assert not found[..., :3].any()
    assert not found[..., 5:].any()


def test_pairs_are_as_asked_for(tmp_path: Path):
    for paired in (True, False):
        samples = Edges(options={"resolution": 8}, paired=paired).load(tmp_path)
        partner = samples.partners["source"]
        assert partner.paired is paired
        assert tuple(partner.values.shape) == tuple(samples.values.shape)
        rows = torch.tensor([3, 1])
        assert torch.equal(partner.take(rows), edges(samples.take(rows)))

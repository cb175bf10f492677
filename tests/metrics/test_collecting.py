import pytest
import torch

from gan_lightning.components import Extracted
from gan_lightning.metrics.collect import collected


@pytest.mark.parametrize("classes", [0, 3])
def test_parts_keep_their_order_and_type(classes):
    features, logits = torch.arange(14.0).view(7, 2).half(), torch.arange(7.0 * classes).view(7, classes)
    rows = [slice(0, 3), slice(3, 4), slice(4, 7)]
    whole = collected((Extracted(features[part], logits[part] if classes else None) for part in rows), 7)
    assert whole.features.dtype == torch.float16 and torch.equal(whole.features, features)
    assert torch.equal(whole.logits, logits) if classes else whole.logits is None


def test_parts_are_taken_one_at_a_time():
    alive = []

    def parts():
        for number in range(3):
            alive.append(number)
            yield Extracted(torch.full((2, 2), float(number)))

    assert collected(parts(), 6).features[:, 0].tolist() == [0, 0, 1, 1, 2, 2] and alive == [0, 1, 2]

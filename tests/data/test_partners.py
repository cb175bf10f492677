"""Data whose samples have partners: pairs of images, and two sets of images."""

import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_lightning.data.loader import Plan, RoundLoader, Share
from gan_lightning.data.paired_folder import PairedFolder
from gan_lightning.data.samples import Partner, Samples
from gan_lightning.data.single_image import SingleImage
from gan_lightning.data.unpaired_folders import UnpairedFolders
from gan_lightning.errors import UserError
from gan_lightning.testing.datasets import check_dataset


def paint(path, gray, size=(8, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (gray, gray, gray)).save(path)


@pytest.fixture
def pairs(tmp_path):
    """Forty pairs: source i is i, target i is 100 + i."""
    for number in range(40):
        paint(tmp_path / f"from/{'ab'[number % 2]}/{number}.png", number)
        paint(tmp_path / f"to/{'ab'[number % 2]}/{number}.bmp", 100 + number)
    return tmp_path


def load(pairs, **options):
    return PairedFolder(pairs / "from", pairs / "to", 8, **options).load(pairs / "cache")


def test_pairs_go_by_name(pairs):
    samples = load(pairs, source_channels=1)
    assert samples.values.shape == (40, 3, 8, 8)
    assert samples.partners["source"].values.shape == (40, 1, 8, 8)
    assert samples.spec.partners == {"source": (1, 8, 8)}
    assert samples.class_names == ("a", "b")
    difference = samples.values[:, :1].int() - samples.partners["source"].values.int()
    assert (difference == 100).all()


def test_parts_are_told_by_name_and_share_nothing(pairs):
    train, kept = load(pairs, held_out=0.3), load(pairs, held_out=0.3, part="held_out")
    sides = [set(part.values[:, 0, 0, 0].tolist()) for part in (train, kept)]
    assert not sides[0] & sides[1]
    assert len(sides[0] | sides[1]) == 40
    assert 5 <= len(sides[1]) <= 20
    paint(pairs / "from/a/new.png", 77)
    paint(pairs / "to/a/new.png", 177)
    later = set(load(pairs, held_out=0.3, part="held_out").values[:, 0, 0, 0].tolist())
    assert later - {177} == sides[1], "a new pair changes no other's side"


@pytest.mark.parametrize(("folder", "said"), [("from", "data.target: no image a/odd in "), ("to", "data.source: no")])
def test_a_missing_half_is_named(pairs, folder, said):
    paint(pairs / folder / "a/odd.png", 1)
    with pytest.raises(UserError, match=said):
        load(pairs)


def test_an_unreadable_half_leaves_out_the_pair(pairs, caplog):
    (pairs / "from/b/3.png").write_bytes(b"no image")
    samples = load(pairs)
    assert len(samples) == len(samples.partners["source"].values) == 39
    assert "3.png" in caplog.text


def test_partners_are_drawn_and_mirrored_together(pairs):
    samples = load(pairs)
    loader = RoundLoader(samples, lambda _: Plan(2, 10), seed=1, flip=True)
    rounds = iter(loader)
    for _ in range(5):
        batch = next(rounds)
        source = batch.partners["source"]
        assert torch.equal(batch.values[:, 0, 0, 0].int() - source.values[:, 0, 0, 0].int(), torch.full((20,), 100))
        assert torch.equal(batch.flips, source.flips)
        halves = batch.split(10)
        assert torch.equal(halves[1].partners["source"].values, source.values[10:])
        assert halves[0].partners["source"].samples().shape == (10, 3, 8, 8)


def _two_sets(count, partners):
    values = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1)
    other = torch.arange(partners, dtype=torch.uint8).view(-1, 1, 1, 1)
    return Samples(values, None, "two", "print", partners={"source": Partner(other, paired=False)})


def test_an_unpaired_partner_has_epochs_of_its_own():
    rounds = iter(RoundLoader(_two_sets(20, 5), lambda _: Plan(1, 10), seed=0))
    drawn = [next(rounds) for _ in range(4)]
    seen = torch.cat([batch.partners["source"].values.flatten() for batch in drawn])
    assert all(sorted(seen[start : start + 5].tolist()) == list(range(5)) for start in range(0, 40, 5))
    assert not torch.equal(seen[:5], seen[5:10])


def test_processes_and_restarts_see_the_same_partners():
    samples, plan = _two_sets(20, 7), Plan(2, 8)
    whole = [next(iter(RoundLoader(samples, lambda _: plan, seed=3, start=start))) for start in (0, 16)]
    rounds = iter(RoundLoader(samples, lambda _: plan, seed=3))
    continued = [next(rounds), next(rounds)]
    for one, other in zip(whole, continued, strict=True):
        assert torch.equal(one.partners["source"].values, other.partners["source"].values)
    shares = [next(iter(RoundLoader(samples, lambda _: plan, seed=3, share=Share(rank, 2)))) for rank in (0, 1)]
    joined = torch.cat([part.split(4)[0].partners["source"].values for part in shares])
    assert torch.equal(joined, whole[0].split(8)[0].partners["source"].values)


def test_unpaired_folders_may_differ_in_number_and_be_zips(tmp_path):
    for number in range(3):
        paint(tmp_path / f"horses/{number}.png", number)
    with zipfile.ZipFile(tmp_path / "zebras.zip", "w") as archive:
        for number in range(5):
            paint(tmp_path / "z.png", number)
            archive.write(tmp_path / "z.png", f"{number}.png")
    samples = UnpairedFolders(tmp_path / "horses", tmp_path / "zebras.zip", 8).load(tmp_path / "cache")
    assert (len(samples), len(samples.partners["source"].values)) == (5, 3)
    assert not samples.partners["source"].paired
    with pytest.raises(UserError, match=r"^data\.source: .*horses'"):
        UnpairedFolders(tmp_path / "horse", tmp_path / "zebras.zip", 8).load(tmp_path / "cache")


def test_they_keep_what_data_sets_promise(pairs):
    sides = {"source": pairs / "from", "target": pairs / "to", "resolution": 8}
    check_dataset(PairedFolder, **sides)
    check_dataset(UnpairedFolders, **sides)
    check_dataset(SingleImage, path=Path("china"), max_size=32)


def test_a_single_image_keeps_its_shape(tmp_path):
    paint(tmp_path / "wide.png", 9, size=(500, 200))
    assert SingleImage(tmp_path / "wide.png").load(tmp_path).values.shape == (1, 3, 100, 250)
    assert SingleImage(tmp_path / "wide.png", max_size=None, channels=1).load(tmp_path).values.shape == (1, 1, 200, 500)
    assert SingleImage(Path("china"), max_size=64).load(tmp_path).values.shape[0] == 1
    with pytest.raises(UserError, match="no such photograph; did you mean 'china'"):
        SingleImage(Path("chnia")).load(tmp_path)

"""What is seen of shards is a function of seed and position, and no more is decoded than is about to be seen."""

import io
import threading
import time
import weakref
from itertools import islice

import pytest
import torch
from PIL import Image
from shard_files import write_tar

from gan_lightning.data import parallel, tar_images
from gan_lightning.data.loader import Plan, RoundLoader, Share
from gan_lightning.data.order import ShardOrder, Shuffled
from gan_lightning.data.samples import Samples
from gan_lightning.data.webdataset import WebDataset
from gan_lightning.errors import UserError
from gan_lightning.randomness import mix

PLAN = Plan(batches=2, size=6)


@pytest.fixture
def samples(shards, tmp_path):
    return WebDataset(str(shards), window=8).load(tmp_path / "cache")


def loader(samples, **options):
    return RoundLoader(samples, options.pop("plan", lambda images: PLAN), seed=3, **options)


def seen(samples, rounds, **options):
    """Return rounds as plain numbers: reds, labels and flips."""
    batches = islice(loader(samples, flip=True, **options), rounds)
    return [
        (batch.values[:, 0, 0, 0].tolist(), batch.labels.tolist(), batch.flips.tolist(), batch.values.sum().item())
        for batch in batches
    ]


def reds_of(rounds):
    return [red for reds, *_ in rounds for red in reds]


def test_every_epoch_sees_every_image_once_in_another_order(samples):
    reds = reds_of(seen(samples, 5))
    epochs = [reds[start : start + 20] for start in (0, 20, 40)]
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_labels_stay_with_their_images(samples):
    assert all(
        red % 3 == label for reds, labels, *_ in seen(samples, 5) for red, label in zip(reds, labels, strict=True)
    )


def test_two_processes_see_together_what_one_sees(samples):
    whole = list(islice(loader(samples, flip=True), 6))
    halves = [list(islice(loader(samples, flip=True, share=Share(rank, 2)), 6)) for rank in (0, 1)]
    for batch, *own in zip(whole, *halves, strict=True):
        parts = [part for pair in zip(*(half.split(3) for half in own), strict=True) for part in pair]
        for name in ("values", "labels", "flips"):
            assert torch.equal(torch.cat([getattr(part, name) for part in parts]), getattr(batch, name))


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_number_of_threads_changes_nothing(samples, workers, monkeypatch):
    expected = seen(samples, 6)
    monkeypatch.setattr(parallel.os, "cpu_count", lambda: workers)
    parallel._kept.cache_clear()
    assert seen(samples, 6) == expected
    parallel._kept.cache_clear()


@pytest.mark.parametrize("played", [1, 2, 4])
def test_a_run_that_resumes_sees_what_it_would_have_seen(samples, shards, tmp_path, played):
    expected = seen(samples, 7)[played:]
    again = WebDataset(str(shards), window=8).load(tmp_path / "other cache")
    assert seen(again, 7 - played, start=played * PLAN.images) == expected


def test_rounds_may_change_their_size_without_notice(samples):
    """Batches are decoded ahead of a guess; where the guess is wrong they are decoded again."""
    sizes = iter([6, 6, 6, 9, 4, 9, 6, 2, 2, 2])
    plans = []

    def fickle(images):
        plans.append(Plan(1, next(sizes)))
        return plans[-1]

    batches = list(islice(loader(samples, plan=fickle), 4))
    at_once = reds_of(seen(samples, 4))
    assert [len(batch) for batch in batches] == [plan.size for plan in plans[:8:2]]
    assert torch.cat([batch.values for batch in batches])[:, 0, 0, 0].tolist() == at_once[: sum(map(len, batches))]


def test_an_order_at_hand_is_what_it_always_was():
    """Epoch e is the permutation drawn with the words ``order``, e: checkpoints of earlier runs go on by it."""
    tensor = torch.arange(10, dtype=torch.uint8)[:, None, None, None]
    batches = islice(loader(Samples(tensor, None, "ten", "ten"), plan=lambda images: Plan(1, 10)), 3)
    for epoch, batch in enumerate(batches):
        generator = torch.Generator().manual_seed(mix(3, "order", epoch))
        assert batch.values.flatten().tolist() == torch.randperm(10, generator=generator).tolist()


# --- Orders -----------------------------------------------------------------------------------------------------------


def draw(*words):
    return torch.Generator().manual_seed(hash(words) % 1000)


def epoch_of(order, count):
    size = order.piece_size(count)
    return torch.cat([order.piece(index, count, draw) for index in range(-(-count // size))])


@pytest.mark.parametrize("window", [1, 4, 20, 1000])
@pytest.mark.parametrize("sizes", [(7, 0, 5, 8), (20,), (1,) * 20])
def test_an_epoch_is_a_permutation(sizes, window):
    assert sorted(epoch_of(ShardOrder.of(sizes, window), 20).tolist()) == list(range(20))
    assert sorted(epoch_of(Shuffled(), 20).tolist()) == list(range(20))


def test_a_window_of_one_reads_shard_after_shard():
    shards = [[0, 1, 2], [3, 4], [5, 6, 7]]
    rows = epoch_of(ShardOrder.of([3, 2, 3], 1), 8).tolist()
    order = sorted(shards, key=lambda shard: rows.index(shard[0]))
    assert rows == [row for shard in order for row in shard]


def test_a_window_draws_from_no_more_shards_than_it_spans():
    order = ShardOrder.of([100] * 50, 250)
    for piece in (order.piece(index, 5000, draw) for index in range(20)):
        assert len(piece) == 250
        assert len((piece // 100).unique()) <= 4
        assert (piece.diff() == 1).float().mean() < 0.1


# --- Laziness ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def decoded(monkeypatch):
    """Count of decoded images."""
    lock, count = threading.Lock(), [0]
    real = tar_images.decode

    def decode(*arguments):
        with lock:
            count[0] += 1
        return real(*arguments)

    monkeypatch.setattr(tar_images, "decode", decode)
    return count


def test_nothing_is_decoded_before_it_is_about_to_be_seen(decoded, shards, tmp_path):
    samples = WebDataset(str(shards)).load(tmp_path / "cache")
    samples.spec  # noqa: B018
    rounds = iter(loader(samples))
    assert decoded == [0]
    for played in range(1, 6):
        next(rounds)
        assert PLAN.images * played <= decoded[0] <= PLAN.images * (played + 1)
    rounds.close()
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.suffix == ".npy"]


def test_decoded_images_are_let_go(samples):
    """However many rounds are played, no more than the one in use and the one to come are held."""
    alive = weakref.WeakSet()
    held = []

    class Watched:
        shape, dtype = samples.values.shape, samples.values.dtype

        def __len__(self):
            return len(samples.values)

        def __getitem__(self, rows):
            values = samples.values[rows]
            alive.add(values)
            held.append(len(alive))
            return values

    watched = Samples(Watched(), samples.labels, "watched", "watched", order=samples.order)
    for _ in islice(loader(watched), 12):
        pass
    assert max(held) <= 3


def test_the_next_round_is_decoded_while_this_one_is_used(samples, decoded):
    rounds = iter(loader(samples))
    next(rounds)
    deadline = time.monotonic() + 5
    while decoded[0] < 2 * PLAN.images and time.monotonic() < deadline:
        time.sleep(0.01)
    assert decoded[0] == 2 * PLAN.images
    rounds.close()


def test_threads_end_with_the_rounds(samples):
    samples.values[:]  # the threads that are kept
    before = threading.active_count()
    rounds = iter(loader(samples))
    next(rounds)
    assert threading.active_count() == before + 1
    rounds.close()
    assert threading.active_count() == before


def test_an_image_that_cannot_be_decoded_is_named_when_its_turn_comes(tmp_path):
    pixels = torch.randint(0, 256, (32, 32, 3), dtype=torch.uint8).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    members = [(f"{n}.png", file.getvalue()[: 900 if n == 3 else None]) for n in range(6)]
    shard = write_tar(tmp_path / "a.tar", members)
    samples = WebDataset(str(shard)).load(tmp_path / "cache")
    assert samples.values[:3].shape[0] == 3
    with pytest.raises(UserError, match=r"^data\.shards: .*a\.tar/3\.png: .*truncated"):
        list(islice(loader(samples), 1))


def test_a_shard_that_changes_under_training_is_noticed(samples, shards):
    with (shards / "part-01.tar").open("ab") as file:
        file.write(bytes(512))
    assert len(samples.values[:7]) == 7
    with pytest.raises(UserError, match=r"part-01\.tar has changed"):
        samples.values[7:9]
    (shards / "part-02.tar").unlink()
    with pytest.raises(UserError, match=r"part-02\.tar: No such file"):
        samples.values[15:]

"""CycleGAN: the published networks, what both pay, who moves first, and the pool."""

import pytest
import torch
from gan_lightning_translation.cyclegan_game import CycleGAN
from gan_lightning_translation.image_pool import ImagePool
from gan_lightning_translation.resnet_translator import ResnetTranslator
from torch import nn
from torch.nn.functional import l1_loss, mse_loss
from translation_turns import count, make_game, paid, pairs, pairs_spec, take_turn

from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.randomness import Randomness

SPEC = pairs_spec((3, 16, 16))
SMALL = {
    **{f"generator{way}": {"channels": 2, "blocks": 1} for way in ("", "_back")},
    **{f"discriminator{way}": {"channels": 2} for way in ("", "_back")},
}


def small(spec=SPEC, **options):
    return make_game(CycleGAN, spec, "cyclegan", **{**SMALL, "pool": 6, **options})


@pytest.mark.parametrize(("side", "published"), [(256, 11_378_179), (128, 7_837_699)])
def test_the_generator_has_the_published_parameter_count(side, published):
    for role in ("generator", "generator_back"):
        assert count("cyclegan", role, DataSpec((3, side, side))) == published


def test_the_discriminator_has_the_published_parameter_count():
    for role in ("discriminator", "discriminator_back"):
        assert count("cyclegan", role, DataSpec((3, 256, 256))) == 2_764_737


def test_borders_are_reflected_and_instances_are_normalised_without_scales():
    network = ResnetTranslator(DataSpec((3, 16, 16)), 0, channels=2, blocks=2)
    norms = [layer for layer in network.modules() if isinstance(layer, nn.InstanceNorm2d)]
    assert len(norms) == 3 + 2 * 2 + 2
    assert all(layer.weight is None and layer.running_mean is None for layer in norms)
    padded = [layer.padding[0] for layer in network.modules() if isinstance(layer, nn.ReflectionPad2d)]
    assert padded == [3, 1, 1, 1, 1, 3]


def test_maps_for_contrast_are_those_of_the_forward():
    network = ResnetTranslator(DataSpec((3, 16, 16)), 0, channels=2, blocks=3).eval()
    source = torch.randn(2, 3, 16, 16)
    maps = network.features(source)
    assert tuple(part.shape[1] for part in maps) == network.feature_widths == (3, 4, 8, 8, 8)
    assert [part.shape[-1] for part in maps] == [16, 8, 4, 4, 4]
    torch.testing.assert_close(network.up(maps[-1]), network(source))


def test_the_generators_move_first_on_the_same_images():
    game = small()
    assert [(phase.player, phase.fresh, phase.counts) for phase in game.phases()] == [
        ("generator", True, True),
        ("discriminator", False, False),
    ]
    assert game.draws() == game.updates_per_round() == 1
    assert [player.networks for player in game.players] == [
        ("generator", "generator_back"),
        ("discriminator", "discriminator_back"),
    ]


def test_the_generators_pay_what_is_published():
    game = small(adversarial=2.0)
    turn = take_turn(game, pairs(SPEC), "generator")
    there, back = game.networks["generator"], game.networks["generator_back"]
    target, source = turn.domains[""], turn.domains["_back"]
    assert torch.equal(target, turn.batch.samples())
    ones = [
        game.networks[f"discriminator{way}"](image).logits
        for way, image in (("", there(source)), ("_back", back(target)))
    ]
    wanted = {
        "loss": mse_loss(ones[0], torch.ones_like(ones[0])),
        "loss_back": mse_loss(ones[1], torch.ones_like(ones[1])),
        "cycle": 10 * l1_loss(back(there(source)), source),
        "cycle_back": 10 * l1_loss(there(back(target)), target),
        "identity": 5 * l1_loss(there(target), target),
        "identity_back": 5 * l1_loss(back(source), source),
    }
    assert paid(turn) == pytest.approx({name: value.item() for name, value in wanted.items()}, rel=1e-5)


def test_the_discriminators_pay_half_the_sum():
    game = small(pool=0)
    turn = take_turn(game, pairs(SPEC))
    for way, made in (("", turn.made[""]), ("_back", turn.made["_back"])):
        real, fake = (game.networks[f"discriminator{way}"](image).logits for image in (turn.domains[way], made))
        wanted = 0.5 * (mse_loss(real, torch.ones_like(real)) + fake.square().mean())
        assert paid(turn)[f"loss{way}"] == pytest.approx(wanted.item(), rel=1e-5)
    assert not turn.made[""].requires_grad


def numbered(start, count):
    return torch.arange(start, start + count).float().view(-1, 1, 1, 1)


def test_the_pool_fills_first_and_then_shows_old_images_half_of_the_time():
    pool = ImagePool(50, (1, 1, 1))
    shown, old, kept = [], 0, 0
    for place in range(100):
        exchange = pool.exchange(numbered(8 * place, 8), Randomness(place), "pool")
        if place < 6:
            assert torch.equal(exchange.shown, numbered(8 * place, 8))
        new = exchange.shown.flatten() == numbered(8 * place, 8).flatten()
        old += int((~new).sum()) if place >= 7 else 0
        pool.keep(exchange)
        shown += exchange.shown.flatten().tolist()
    kept = pool.images.flatten().tolist()
    assert pool.count == 50
    assert abs(old / (93 * 8) - 0.5) < 0.06
    assert len(set(kept)) == 50
    repeated = len(shown) - len(set(shown))
    assert repeated <= 50, "an image is shown when it comes or when it leaves, and those of the first fifty twice"


def test_an_exchange_is_played_once_and_changes_the_pool_after_the_turn_only():
    game = small()
    turn = take_turn(game, pairs(SPEC))
    turn.phase.losses(turn)
    assert game.pools["pool"].count == 0
    game.after_batch(turn)
    assert game.pools["pool"].count == game.pools["pool_back"].count == 4
    assert torch.equal(game.pools["pool"].images[:4], turn.made[""])
    assert not torch.equal(game.pools["pool"].images, game.pools["pool_back"].images)
    game.after_batch(take_turn(game, pairs(SPEC), "generator"))
    assert game.pools["pool"].count == 4
    assert {"pool.images", "pool_back.count"} <= game.state_dict().keys()


def test_a_pool_is_the_same_whatever_shares_a_batch_comes_in(monkeypatch):
    whole, halves = ImagePool(6, (1, 1, 1)), [ImagePool(6, (1, 1, 1)) for _ in range(2)]
    for place in range(9):
        made = numbered(4 * place, 4)
        wanted = whole.exchange(made, Randomness(place), "pool")
        monkeypatch.setattr("gan_lightning_translation.image_pool.gathered", lambda rows, made=made: made.clone())
        shares = [
            pool.exchange(made[2 * rank : 2 * rank + 2], Randomness(place, rank, 2), "pool")
            for rank, pool in enumerate(halves)
        ]
        monkeypatch.undo()
        assert torch.equal(torch.cat([share.shown for share in shares]), wanted.shown)
        for pool, exchange in ((whole, wanted), *zip(halves, shares, strict=True)):
            pool.keep(exchange)
    assert torch.equal(halves[1].images, whole.images)


def test_both_directions_are_translated():
    spec = pairs_spec((1, 16, 16), (3, 16, 16))
    game = small(spec, identity=0.0)
    assert "identity" not in game.phases()[0].terms
    assert game.side_multiple(game.networks) == 4
    made = game.translate(game.networks, torch.zeros(2, 3, 12, 20), Randomness(0))
    assert made.shape == (2, 1, 12, 20)
    assert game.translate(game.networks, made, Randomness(0), backward=True).shape == (2, 3, 12, 20)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: small(pairs_spec((1, 16, 16), (3, 16, 16))), r"game\.identity: sources \(3, 16, 16\)"),
        (lambda: small(pool=-1), r"game\.pool: expected at least 0, got -1"),
        (lambda: small(penalties=("r1",)), r"penalties: r1 is about one discriminator"),
        (lambda: small(loss="realness"), r"loss: realness reads more than logits"),
        (lambda: small(DataSpec((3, 16, 16))), "these have no source"),
    ],
)
def test_what_cannot_be_is_refused(make, said):
    with pytest.raises(UserError, match=said):
        make()


def test_sizes_that_cannot_be_halved_twice_are_refused():
    for shape in ((3, 18, 16), (3, 4, 4)):
        with pytest.raises(UnsupportedShapeError):
            ResnetTranslator(DataSpec(shape), 0)

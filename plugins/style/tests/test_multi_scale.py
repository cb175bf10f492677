import pytest
import torch
from gan_lightning_style.msg_gan import MSG_GAN
from gan_lightning_style.scales import Scales
from style_games import MSG_GAN as NARROW
from style_games import game_of, take_turn, trained
from torch.nn.functional import avg_pool2d

from gan_lightning.components import Augmentation
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.layers import MinibatchStddev
from gan_lightning.sampling import draw_samples


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def build(role="discriminator", shape=(3, 32, 32), classes=0, **options):
    return MSG_GAN.roles[role](DataSpec(shape), classes, **{"channels": 8, **options})


def playing(folder, **sections):
    return game_of(folder, **{"architecture": NARROW, "game": "multi_scale", **sections})


# --- Packing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "doublings"), [((3, 32, 32), 3), ((1, 24, 40), 3), ((2, 28, 28), 0)])
def test_images_of_all_sizes_are_one_vector_and_back(shape, doublings):
    scales = Scales(shape, doublings)
    images = scales.of(torch.randn(2, *shape))
    assert [tuple(image.shape[1:]) for image in images] == scales.shapes
    packed = scales.pack(images)
    assert packed.shape == (2, sum(image[0].numel() for image in images))
    assert all(torch.equal(*pair) for pair in zip(images, scales.unpack(packed), strict=True))


def test_smaller_real_images_are_means_of_the_larger(tmp_path):
    game = playing(tmp_path)
    play = take_turn(game, "discriminator")
    small, middle, full = game.scales.unpack(play.real)
    torch.testing.assert_close(full, play.batch.samples())
    torch.testing.assert_close(middle, avg_pool2d(full, 2))
    torch.testing.assert_close(small, avg_pool2d(full, 4))


# --- Networks ---------------------------------------------------------------------------------------------------------


def test_it_has_the_parameters_of_a_progressive_gan_but_for_what_joins():
    with torch.device("meta"):
        generator = MSG_GAN.roles["generator"](DataSpec((3, 32, 32)), 0)
        plain, everywhere, linear = (
            MSG_GAN.roles["discriminator"](DataSpec((3, 32, 32)), 0, **options)
            for options in ({"deviation": "last"}, {}, {"deviation": "last", "combine": "lin_cat"})
        )
    counts = [sum(weight.numel() for weight in net.parameters()) for net in (generator, plain, everywhere, linear)]
    from_image, image_channel, map_channel = 4 * 512, 512 * 9 * 3, 512 * 9
    assert counts[0] == 20_719_628
    assert counts[1] == 20_726_785 - 3 * from_image + 3 * image_channel
    assert counts[2] == counts[1] + 3 * map_channel, "one more channel in each of three halving blocks"
    assert counts[3] == 20_726_785 - 3 * from_image + 3 * (4 * 256 + (256 + 512) * 512 + 512)


@pytest.mark.parametrize("combine", ["simple", "lin_cat"])
@pytest.mark.parametrize("deviation", ["all", "last"])
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 24, 40), (2, 8, 8)])
def test_packed_images_and_images_alone_are_judged_alike(combine, deviation, shape):
    judge = build(shape=shape, combine=combine, deviation=deviation)
    images = torch.randn(4, *shape)
    packed = judge.sizes.pack(judge.sizes.of(images))
    torch.testing.assert_close(judge(images).logits, judge(packed).logits)
    assert sum(isinstance(part, MinibatchStddev) for part in judge.modules()) == (2 if deviation == "all" else 1)


@pytest.mark.parametrize("combine", ["simple", "lin_cat"])
def test_every_size_is_seen(combine):
    judge = build(combine=combine)
    images = [image.requires_grad_() for image in judge.sizes.of(torch.randn(4, 3, 32, 32))]
    judge.judge(images).logits.sum().backward()
    assert all(image.grad.abs().amax(dim=(1, 2, 3)).min() > 0 for image in images)


def test_a_deviation_of_all_blocks_is_that_of_each():
    judge = build(deviation="all")
    seen = []
    for block in judge.blocks:
        block.conv.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    judge(torch.randn(4, 3, 32, 32))
    assert len(seen) == 3
    for maps in seen:
        wanted = (maps[:, :-1].var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
        torch.testing.assert_close(maps[:, -1], wanted.expand_as(maps[:, -1]))


# --- The game ---------------------------------------------------------------------------------------------------------


def test_a_gradient_reaches_what_the_generator_makes_of_every_size(tmp_path):
    game = playing(tmp_path)
    play = take_turn(game, "generator")
    sum(play.phase.losses(play).values()).backward()
    for layer in game.networks["generator"].to_image:
        assert layer.weight.grad.abs().max() > 0


def test_r1_is_the_slope_by_all_sizes(tmp_path):
    game = playing(tmp_path, penalties=[{"name": "r1", "weight": 1.0}])
    play = take_turn(game, "discriminator")
    judge = game.networks["discriminator"]
    images = [image.requires_grad_() for image in game.scales.of(play.batch.samples())]
    slopes = torch.autograd.grad(judge.judge(images).logits.sum(), images)
    wanted = sum(slope.square().sum(dim=(1, 2, 3)) for slope in slopes).mean()
    torch.testing.assert_close(play.phase.losses(play)["r1"], wanted)
    assert all(slope.abs().max() > 0 for slope in slopes)


def test_a_gradient_penalty_mixes_all_sizes_by_one_share(tmp_path):
    game = playing(tmp_path, loss="wasserstein", penalties=["gradient_penalty", "drift"])
    seen = []
    judge = game.networks["discriminator"]
    judge.register_forward_hook(lambda _, inputs, __: seen.append(judge.sizes.unpack(inputs[0])))
    play = take_turn(game, "discriminator")
    losses = play.phase.losses(play)
    assert sorted(losses) == ["drift", "gradient_penalty", "loss"]
    real, fake = (game.scales.unpack(side) for side in (play.real, play.fake))
    shares = [
        (mixed - one).flatten(1).norm(dim=1) / (other - one).flatten(1).norm(dim=1)
        for mixed, one, other in zip(seen[-1], real, fake, strict=True)
    ]
    assert shares[0].std() > 0.01, "each sample has a share of its own"
    torch.testing.assert_close(shares[0], shares[1])
    torch.testing.assert_close(shares[0], shares[2])
    sum(losses.values()).backward()
    assert all(weight.grad is not None for weight in judge.parameters())


class Shift(Augmentation):
    """Moves images down by two rows of the size of the data."""

    def __call__(self, images, random):
        assert images.shape[2:] == (16, 16)
        return images.roll(2, dims=2) + random.uniform("shade", len(images), 1, 1, 1)


def test_all_sizes_are_augmented_alike(tmp_path):
    game = playing(tmp_path)
    plain = take_turn(game, "discriminator").real
    game.augmentations = {"shift": Shift()}
    play = take_turn(game, "discriminator")
    before, after = game.scales.unpack(plain), game.scales.unpack(play.augmented(play.real, "real"))
    shade = play.random.at("shift", "real").uniform("shade", 8, 1, 1, 1)
    torch.testing.assert_close(after[2], before[2].roll(2, dims=2) + shade)
    torch.testing.assert_close(after[1], before[1].roll(1, dims=2) + shade)
    torch.testing.assert_close(after[0], (before[0] + before[0].roll(1, dims=2)) / 2 + shade)


@pytest.mark.parametrize("loss", ["hinge", "relativistic_average", "loss_sensitive"])
def test_other_losses_augmentations_and_classes_go_with_it(loss, tmp_path):
    game = {"name": "multi_scale", "conditional": True, "discriminator_labels": False, "judge_together": True}
    game = playing(tmp_path, game=game, loss=loss, penalties=["auxiliary_classifier"], augment=["diffaugment"])
    for player in ("discriminator", "generator"):
        play = take_turn(game, player)
        assert all(value.isfinite() for value in play.phase.losses(play).values())


def test_a_generator_of_styles_makes_images_of_all_sizes(tmp_path):
    narrow = {"name": "stylegan", "channels": 8, "width": 8, "latent": 8, "mapping_layers": 2}
    networks = {"generator": narrow, "discriminator": {"name": "msg_gan", "channels": 8, "combine": "lin_cat"}}
    game = playing(tmp_path, architecture=networks, penalties=["r1"])
    for player in ("discriminator", "generator"):
        play = take_turn(game, player)
        sum(play.phase.losses(play).values()).backward()
    assert all(layer.weight.grad is not None for layer in game.networks["generator"].to_image)


def test_samples_are_the_largest_images(tmp_path):
    module = trained(tmp_path, architecture=NARROW, game="multi_scale")
    made = torch.cat(list(draw_samples(module.game, module.networks(), 5, seed=0)))
    assert made.shape == (5, 1, 16, 16)
    assert module.updates == 4


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"architecture": "dcgan"}, "architecture.generator: DCGANGenerator works at one size; expected one of all"),
        (
            {"architecture": {**NARROW, "name": "pggan"}},
            "architecture.discriminator: ProgressiveDiscriminator works at",
        ),
        ({"game": {"name": "multi_scale", "pack": 2}}, "game.pack: samples of all sizes are not joined"),
    ],
)
def test_what_has_one_size_is_refused_in_one_line(sections, said, tmp_path):
    with pytest.raises(UserError, match=said):
        playing(tmp_path, **sections)


@pytest.mark.parametrize("name", ["consistency", "self_supervised"])
def test_penalties_that_move_images_are_refused_in_one_line(name, tmp_path):
    game = playing(tmp_path, penalties=[name])
    play = take_turn(game, "discriminator")
    with pytest.raises(UserError, match="penalties"):
        play.phase.losses(play)

"""StarGAN: the published networks, whom classes reach, what both pay, and classes of translated images."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from gan_lightning_translation.stargan import StarGANDiscriminator, StarGANGenerator
from gan_lightning_translation.stargan_game import HEAD, StarGAN
from torch import nn
from torch.nn.functional import cross_entropy, l1_loss
from translation_turns import CATALOG, make_game, paid, pairs, pairs_spec, take_turn

from gan_lightning.data.spec import DataSpec
from gan_lightning.editing.translator import Translator
from gan_lightning.errors import UnsupportedShapeError, UserError
from gan_lightning.randomness import Randomness
from gan_lightning.sampling import draw_samples
from gan_lightning.testing.runs import Trainee
from gan_lightning.trained import load

SPEC = replace(pairs_spec((3, 16, 16)), class_counts=(5, 3, 2), class_names=("a", "b", "c"))
SMALL = {"generator": {"channels": 4, "blocks": 1}, "discriminator": {"channels": 4}}


def small(spec=SPEC, **options):
    return make_game(StarGAN, spec, "stargan", **{**SMALL, "loss": "wasserstein", **options})


def labelled():
    return replace(pairs(SPEC), labels=torch.tensor([0, 2, 1, 0]))


def weights(network):
    return sum(weight.numel() for weight in network.parameters())


def test_the_networks_have_the_published_parameter_counts():
    celeba = DataSpec((3, 128, 128), class_counts=(1,) * 5, partners={"source": (3, 128, 128)})
    with torch.device("meta"):
        generator, discriminator = StarGANGenerator(celeba, 5), StarGANDiscriminator(celeba, 0)
    down = (3 + 5) * 64 * 49 + 64 * 128 * 16 + 128 * 256 * 16
    up = 256 * 128 * 16 + 128 * 64 * 16 + 64 * 3 * 49
    scales = 2 * (64 + 128 + 256 + 6 * 2 * 256 + 128 + 64)
    assert weights(generator) == down + 6 * 2 * 256 * 256 * 9 + up + scales == 8_430_528
    widths = [3, 64, 128, 256, 512, 1024, 2048]
    layers = sum(16 * inputs * outputs + outputs for inputs, outputs in pairwise(widths))
    assert weights(discriminator) == layers + 9 * 2048
    (head,) = StarGAN.heads(None, celeba).values()
    classifier = head(2048 * 2 * 2, nn.Linear)
    assert layers + 9 * 2048 + weights(classifier) == layers + 9 * 2048 + 4 * 2048 * 5 == 44_762_048


@pytest.mark.parametrize(("side", "halvings"), [(4, 1), (16, 3), (32, 4), (64, 5), (128, 6), (256, 6)])
def test_the_discriminator_halves_down_to_2x2_six_times_at_most(side, halvings):
    with torch.device("meta"):
        network = StarGANDiscriminator(DataSpec((3, side, side)), 0, channels=2)
        critique = network(torch.zeros(1, 3, side, side))
    left = side >> halvings
    assert critique.logits.shape == (1, 1, left, left)
    assert critique.features.shape == (1, 2 ** (halvings) * left**2)
    assert not any("Norm" in type(layer).__name__ for layer in network.modules())
    slopes = {layer.negative_slope for layer in network.modules() if isinstance(layer, nn.LeakyReLU)}
    assert slopes == {0.01}


def test_the_classifier_is_a_convolution_as_large_as_the_map():
    game = small()
    discriminator = game.networks["discriminator"]
    images = torch.randn(2, 3, 16, 16)
    told = discriminator(images).extras[HEAD]
    kernel = discriminator.heads[HEAD].weight.view(3, 16, 2, 2)
    torch.testing.assert_close(told, nn.functional.conv2d(discriminator.body.layers(images), kernel)[:, :, 0, 0])


@pytest.mark.parametrize("side", [16, 32, 64, 128])
def test_classes_reach_what_is_made_at_every_size(side):
    spec = DataSpec((1, side, side))
    network = StarGANGenerator(spec, 3, channels=2, blocks=1)
    image = torch.rand(1, 1, side, side).expand(3, -1, -1, -1) * 2 - 1
    made = network(image, torch.arange(3))
    assert made.shape == image.shape
    assert min((made[0] - made[1]).abs().max(), (made[1] - made[2]).abs().max()) > 1e-3


def test_instances_are_normalised_with_scales_and_statistics_of_their_own():
    norms = [layer for layer in StarGANGenerator(SPEC, 3).modules() if isinstance(layer, nn.InstanceNorm2d)]
    assert len(norms) == 3 + 2 * 6 + 2
    assert all(layer.affine and not layer.track_running_stats for layer in norms)


def test_the_discriminator_learns_classes_from_real_images_only():
    game = small(classification=2.0)
    turn = take_turn(game, labelled())
    discriminator = game.networks["discriminator"]
    terms = turn.phase.losses(turn)
    wanted = 2 * cross_entropy(discriminator(turn.real).extras[HEAD], torch.tensor([0, 2, 1, 0]))
    torch.testing.assert_close(terms[HEAD], wanted)
    torch.testing.assert_close(
        terms["loss"], discriminator(turn.made).logits.mean() - discriminator(turn.real).logits.mean()
    )
    (felt,) = torch.autograd.grad(terms["loss"], discriminator.heads[HEAD].weight, retain_graph=True, allow_unused=True)
    assert felt is None
    turn.fake_critique.extras[HEAD].retain_grad()
    terms[HEAD].backward()
    assert turn.fake_critique.extras[HEAD].grad is None
    assert not turn.made.requires_grad


def test_the_generator_is_paid_for_the_class_wanted_and_goes_back_to_the_one_it_was():
    game = small()
    turn = take_turn(game, labelled(), "generator")
    before, wanted = torch.tensor([0, 2, 1, 0]), turn.fake_labels
    assert not torch.equal(before, wanted), "the test needs classes that change"
    generator, discriminator = game.networks["generator"], game.networks["discriminator"]
    made = generator(turn.real, wanted)
    opinion = discriminator(made)
    expected = {
        "loss": -opinion.logits.mean(),
        HEAD: cross_entropy(opinion.extras[HEAD], wanted),
        "cycle": 10 * l1_loss(generator(made, before), turn.real),
    }
    assert paid(turn) == pytest.approx({name: value.item() for name, value in expected.items()}, rel=1e-5)


def test_training_translates_the_samples_and_not_the_sources_of_the_data():
    turn = take_turn(small(), labelled())
    assert torch.equal(turn.sources, turn.batch.samples())
    assert not torch.equal(turn.sources, turn.batch.partners["source"].samples())


def test_classes_are_drawn_as_frequent_as_in_the_data():
    drawn = small().draw_labels(2000, Randomness(0)).bincount(minlength=3) / 2000
    torch.testing.assert_close(drawn, torch.tensor([0.5, 0.3, 0.2]), atol=0.03, rtol=0)


def test_the_critic_has_turns_of_its_own_and_the_gradient_penalty():
    game = small(n_dis=5, penalties=("gradient_penalty",))
    assert game.draws() == 5
    assert [phase.turns for phase in game.phases()] == [5, 1]
    terms = paid(take_turn(game, labelled()))
    assert terms.keys() == {"loss", "gradient_penalty", HEAD}
    assert terms["gradient_penalty"] > 0


@pytest.mark.parametrize("loss", ["hinge", "least_squares", "relativistic", "realness", "multi_hinge"])
def test_every_kind_of_loss_is_played(loss):
    game = small(loss=loss)
    for player in ("discriminator", "generator"):
        turn = take_turn(game, labelled(), player)
        assert all(value.isfinite() for value in turn.phase.losses(turn).values())


def test_the_discriminator_may_be_of_another_architecture():
    roles = CATALOG.find("architecture", "cut").component.roles
    game = small()
    parts = replace(game.parts, networks={**game.parts.networks, "discriminator": roles["discriminator"]})
    assert paid(take_turn(StarGAN(parts), labelled()))[HEAD] > 0


def test_images_of_other_sizes_get_the_class_wanted_or_one_that_is_drawn():
    game = small()
    networks, images = dict(game.networks), torch.rand(3, 3, 12, 20) * 2 - 1
    assert game.conditional
    assert game.side_multiple(networks) == 4
    classes = torch.tensor([2, 0, 1])
    made = game.translate(networks, images, Randomness(0), classes)
    assert torch.equal(made, networks["generator"](images, classes))
    drawn = game.draw_labels(3, Randomness(4))
    free = game.translate(networks, images, Randomness(4))
    assert torch.equal(free, networks["generator"](images, drawn))
    sources = torch.randint(256, (70, 3, 16, 16)).byte()
    few, many = (torch.cat(list(draw_samples(game, networks, count, 0, sources=sources))) for count in (3, 70))
    assert torch.equal(few, many[:3])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: small(pairs_spec((3, 16, 16))), "these have no labels"),
        (lambda: small(replace(SPEC, partners={})), "these have no source"),
        (lambda: small(replace(SPEC, partners={"source": (1, 16, 16)})), r"\(3, 16, 16\) from images \(1, 16, 16\)"),
        (lambda: small().translate({}, torch.zeros(1, 3, 16, 16), Randomness(0), backward=True), "one direction"),
        (lambda: StarGANDiscriminator(SPEC, 3), r"game\.conditional"),
        (lambda: StarGANGenerator(SPEC, 3, blocks=0), "blocks: expected at least 1, got 0"),
    ],
)
def test_what_cannot_be_is_refused(make, said):
    with pytest.raises(UserError, match=said):
        make()


def test_sizes_without_room_are_refused():
    with pytest.raises(UnsupportedShapeError, match="StarGANGenerator halves sides twice"):
        StarGANGenerator(DataSpec((3, 18, 16)), 3)
    with pytest.raises(UnsupportedShapeError, match=r"16x16 have no room for 5 halvings"):
        StarGANDiscriminator(DataSpec((3, 16, 16)), 0, layers=5)


def test_a_run_is_scored_drawn_and_translates_files_to_a_class(tmp_path):
    scores = {"every": 1, "samples": 10, "extractor": None, "metrics": [{"name": "paired", "perceptual": False}]}
    sections = {"evaluate": scores, "sample": {"every": 1, "count": 9}}
    run = Trainee(StarGAN, sections).fit(tmp_path / "run", 1)
    assert (run.samples / "step-000001.png").exists()
    assert "psnr" in run.results.read_text()
    trained = load(run.folder, Trainee(StarGAN, {}).catalog)
    images = torch.rand(2, 1, 9, 11) * 2 - 1
    third, fourth = (Translator(trained, label=label)(images) for label in ("3", 4))
    assert third.shape == images.shape
    assert not torch.equal(third, fourth)
    with pytest.raises(UserError, match="no class '11'"):
        Translator(trained, label="11")

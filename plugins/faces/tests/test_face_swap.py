"""Face swap: what discriminators see, what both players pay, masks that stay open, and both ways."""

import pytest
import torch
from face_turns import CATALOG, faces, paid, small, turn_of
from gan_lightning_faces.mixing import real_shares
from gan_lightning_faces.play import SIDES
from gan_lightning_faces.terms import edge_error, shut, total_variation
from torch.nn.functional import l1_loss, mse_loss

from gan_lightning.abilities import Translating
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning.recipe import load_recipe

PLAIN = {"colour_matching": 0.0, "warp_strength": 0.0, "pose_strength": 0.0, "least": 1.0, "mirror": False}


def test_discriminators_see_the_very_input_that_fakes_were_made_from():
    game = small()
    for player in ("discriminator", "generator"):
        turn = turn_of(game, player)
        for side in SIDES:
            lesson = turn.lessons[side]
            assert not torch.equal(lesson.warped, lesson.straight)
            real, fake = (turn.critiques[side, kind].samples for kind in ("real", "fake"))
            assert torch.equal(real, torch.cat([lesson.straight, lesson.warped], dim=1))
            assert torch.equal(fake[:, 3:], torch.cat([lesson.warped, lesson.warped]))
            made = game.face(game.networks, side, lesson.warped)
            torch.testing.assert_close(fake[:4, :3], made.mask * made.colours + (1 - made.mask) * lesson.warped)
            assert torch.equal(fake[4:, :3], made.colours)
            assert made.colours.requires_grad == (player == "generator")


def test_each_identity_has_its_own_faces_and_decoder():
    game, batch = small(**PLAIN), faces()
    turn = turn_of(game, "generator", batch)
    torch.testing.assert_close(turn.lessons["target"].straight, batch.samples(), atol=1e-5, rtol=0)
    torch.testing.assert_close(turn.lessons["source"].straight, batch.partners["source"].samples(), atol=1e-5, rtol=0)
    turn.made["source"].colours.sum().backward()
    assert all(weight.grad is None for weight in game.networks["decoder_target"].parameters())
    assert game.networks["encoder"].up[0].weight.grad.any()


def test_the_generators_pay_what_is_written():
    game = small(perceptual=0.5, cycle=10.0, mask_l1=0.01)
    turn = turn_of(game, "generator")
    wanted = dict.fromkeys(turn.phase.terms, 0.0)
    for side, other in zip(SIDES, SIDES[::-1], strict=True):
        x, face = turn.lessons[side].straight, turn.made[side]
        outputs = face.over(turn.lessons[side].warped), face.colours
        fake = turn.critiques[side, "fake"].logits
        swapped = game.face(game.networks, other, x).over(x)
        back = game.face(game.networks, side, swapped).over(swapped)
        parts = {
            "loss": 0.1 * 0.5 * mse_loss(fake, torch.ones_like(fake)),
            "reconstruction": sum(l1_loss(made, x) for made in outputs) / 2,
            "edges": 0.1 * sum(edge_error(made, x) for made in outputs) / 2,
            "cycle": 10 * l1_loss(back, x),
            "mask_hinge": 0.1 * (0.5 - face.mask).clamp(min=0).mean(),
            "mask_l1": 0.01 * face.mask.mean(),
            "mask_variation": 0.1 * total_variation(face.mask),
        }
        wanted = {name: value + parts.get(name, torch.zeros(())).item() for name, value in wanted.items()}
    told = paid(turn)
    assert told.pop("perceptual") > 0
    del wanted["perceptual"]
    assert told == pytest.approx(wanted, rel=1e-5)


def test_what_is_shown_pleases_a_pretrained_network_and_gradients_reach_the_mask():
    game = small(perceptual=1.0)
    turn = turn_of(game, "generator")
    turn.phase.terms["perceptual"](turn).backward()
    assert game.networks["decoder_source"].mask.weight.grad.any()
    assert not any(name.startswith("features") for name in game.state_dict())


def test_the_discriminators_pay_the_loss_of_both():
    turn = turn_of(small(), "discriminator")
    wanted = 0.0
    for side in SIDES:
        real, fake = (turn.critiques[side, kind].logits for kind in ("real", "fake"))
        wanted += 0.5 * (mse_loss(real, torch.ones_like(real)) + fake.square().mean()).item()
    assert paid(turn) == {"loss": pytest.approx(wanted, rel=1e-5)}


def test_edges_and_variation_are_first_differences():
    image = torch.tensor([[0.0, 1.0], [0.0, 3.0]]).view(1, 1, 2, 2)
    assert total_variation(image) == pytest.approx((0 + 2) / 2 + (1 + 3) / 2)
    assert edge_error(image + 5, image) == 0
    assert edge_error(image, torch.zeros_like(image)) == total_variation(image)


def opened(steps=40, **options):
    """Train what makes masks, nearly shut at first, on what masks cost alone; return how open they are then."""
    game = small(mask_variation=0.0, **options)
    masks = [game.networks[f"decoder_{side}"].mask for side in SIDES]
    for mask in masks:
        torch.nn.init.constant_(mask.bias, -4.0)
    optimizer = torch.optim.Adam([part for mask in masks for part in mask.parameters()], lr=0.1)
    for step in range(steps):
        turn = turn_of(game, "generator", seed=step)
        optimizer.zero_grad()
        sum(value for name, value in turn.phase.losses(turn).items() if name.startswith("mask")).backward()
        optimizer.step()
    return min(face.mask.mean().item() for face in turn_of(game, "generator").made.values())


def test_the_hinge_opens_masks_that_the_other_terms_shut():
    assert opened(mask_hinge=0.1, mask_margin=0.5, mask_l1=0.01) > 0.4
    assert opened(mask_hinge=0.0, mask_l1=0.01) < 0.1
    assert shut(torch.tensor([[[[0.2, 0.9]]]]), 0.5) == pytest.approx(0.15)


def test_weights_follow_schedules():
    game = small()
    turn = turn_of(game, "generator")
    before = paid(turn)["reconstruction"]
    game.reconstruction = 3.0  # as a schedule does
    assert paid(turn)["reconstruction"] == pytest.approx(3 * before)
    game.reconstruction = 0.0
    assert paid(turn)["reconstruction"] == 0


def test_mixtures_are_told_by_their_real_share():
    shares = real_shares(Randomness(0), 20_000, 0.2)
    assert ((shares >= 0) & (shares <= 1)).all()
    # A Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1))
    assert shares.mean() == pytest.approx(0.5, abs=0.01)
    assert shares.var() == pytest.approx(1 / (4 * 1.4), abs=0.005)
    turn = turn_of(small(mixup=0.2), "discriminator")
    wanted = 0.0
    for side in SIDES:
        lesson, face = turn.lessons[side], turn.made[side]
        for number, fake in enumerate((face.over(lesson.warped), face.colours)):
            share = real_shares(turn.random.at("mixup", side, number), 4, 0.2).view(-1, 1, 1, 1)
            mixture = share * lesson.straight + (1 - share) * fake
            told = turn.game.networks[f"discriminator_{side}"](torch.cat([mixture, lesson.warped], dim=1)).logits
            wanted += 0.5 * (told - share).square().mean().item()
    assert paid(turn) == {"loss": pytest.approx(wanted, rel=1e-5)}


def test_faces_are_swapped_both_ways():
    game = small()
    assert isinstance(game, Translating)
    assert game.side_multiple(game.networks) is None
    image = faces().samples()
    for backward, side in ((False, "target"), (True, "source")):
        made = game.translate(game.networks, image, Randomness(0), backward=backward)
        face = game.networks[f"decoder_{side}"](game.networks["encoder"](image))
        torch.testing.assert_close(made, face.mask * face.colours + (1 - face.mask) * image)
        assert made.abs().max() <= 1


def test_without_masks_faces_cover_all():
    game = small(decoder_source={"mask": False}, decoder_target={"mask": False})
    turn = turn_of(game, "generator")
    told = paid(turn)
    assert told["mask_hinge"] == told["mask_variation"] == 0
    assert len(turn.critiques["source", "fake"].logits) == 4
    assert torch.equal(turn.shown["source"], turn.made["source"].colours)


def test_the_paper_recipe_has_the_published_weights(request):
    root = next(folder for folder in request.path.parents if (folder / "recipes").is_dir())
    recipe = load_recipe(root / "recipes" / "paper" / "face_swap-v2.yaml")
    assert recipe.game.options["mixup"] == 0.2
    assert recipe.game.options["adversarial"] == 0.4, "the loss is half the mean of two squares here"


def test_drawn_people_are_told_apart_and_move_alike():
    data = CATALOG.find("dataset", "drawn_faces").component(resolution=16, count=32)
    drawn = data.load(None)
    source = drawn.partners["source"]
    assert drawn.values.shape == source.values.shape == (32, 3, 16, 16)
    assert not source.paired
    middle = [values[:, :, 7:10, 7:9].float().mean((0, 2, 3)) for values in (drawn.values, source.values)]
    assert (middle[0] - middle[1]).abs().max() > 20


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: small(DataSpec((3, 16, 16))), "their partner source None"),
        (lambda: small(DataSpec((3, 16, 16), partners={"source": (1, 16, 16)})), r"source \(1, 16, 16\)"),
        (lambda: small(loss=None), "loss: this game needs one"),
        (lambda: small(loss="realness"), "loss: realness reads more than logits"),
        (lambda: small(loss="relativistic"), "loss: relativistic compares pairs"),
        (lambda: small(loss="hinge", mixup=0.2), r"game\.mixup: .* which hinge has not"),
        (lambda: small(mixup=2.0), r"game\.mixup: expected a number from 0 to 1, got 2"),
        (lambda: small(penalties=("r1",)), "penalties: r1 is about one discriminator"),
        (lambda: small(decoder_target={"channels": 3}), r"architecture\.decoder_target\.channels: codes have 8"),
        (lambda: small().sample({}, 1, Randomness(0)), "use gan-lightning translate"),
        (lambda: small(least=-1.0), r"game\.least: expected a number from 0 to 1, got -1"),
    ],
)
def test_what_cannot_be_is_refused(make, said):
    with pytest.raises(UserError, match=said):
        make()

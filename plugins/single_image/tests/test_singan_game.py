"""SinGAN's game: what is drawn, what is paid, and which networks change when."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from gan_lightning_single_image.consingan import ConSinGANGame
from gan_lightning_single_image.pixel_gradient_penalty import PixelGradientPenalty
from gan_lightning_single_image.singan_game import SinGANGame
from gan_lightning_single_image.sizes import resized
from single_image_games import CATALOG, begin, changed, image, make_game, take_turn, weights_of
from torch.nn.functional import mse_loss

from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning.sampling import draw_samples
from gan_lightning.testing import check_two_processes


def test_a_round_is_three_turns_each_and_a_scale_two_stages():
    game = make_game()
    assert [(phase.player, phase.turns, phase.fresh, phase.counts) for phase in game.phases()] == [
        ("discriminator", 3, True, False),
        ("generator", 3, False, True),
    ]
    stages = game.stages()
    assert [stage.start for stage in stages[:4]] == [0, 24, 30, 54]
    assert [stage.lr_factor for stage in stages] == [1.0, 0.1] * (len(stages) // 2)
    assert game.enter(2) == ("discriminator", "generator"), "optimisers forget at a new scale"
    assert game.enter(3) == (), "and not where the learning rate falls"


def test_the_penalty_is_of_each_pixels_channels_and_of_the_sum_of_the_map():
    game = make_game()
    play = take_turn(game)
    paid = PixelGradientPenalty()(play)
    share = play.random.uniform("pixel_gradient_penalty", 1, 1, 1, 1)
    between = (share * play.real + (1 - share) * play.fake.detach()).requires_grad_()
    logits = game.networks["discriminator"].scales[0](between).logits
    (slopes,) = torch.autograd.grad(logits.sum(), between)
    expected = (slopes.square().sum(1).sqrt() - 1).square().mean()
    assert paid.item() == pytest.approx(expected.item(), rel=1e-4)
    of_the_mean = (slopes / logits.numel()).square().sum(1).sqrt()
    of_the_whole = slopes.flatten(1).norm(dim=1)
    for wrong in (of_the_mean, of_the_whole):
        assert paid.item() != pytest.approx((wrong - 1).square().mean().item(), rel=1e-2)


def test_the_penalty_trains_the_discriminator_and_not_the_generator():
    play = take_turn(make_game())
    PixelGradientPenalty()(play).backward()
    assert play.game.networks["discriminator"].scales[0].body[0].weight.grad.any()
    assert all(weight.grad is None for weight in play.game.generator.parameters())


def test_the_reconstruction_is_of_fixed_noise_at_the_coarsest_scale_and_of_none_at_others():
    game = begin(make_game(), 2)
    noise = game.reference_noise(3)
    assert noise[0].shape == (1, 1, 12, 18)
    assert noise[0].std() > 0.5
    assert not any(part.any() for part in noise[1:])
    play = take_turn(game, "generator", round_number=5)
    below = game.generator.refine(noise[:2])
    made = game.generator.scales[2](torch.zeros(1, 3, *game.size), resized(below, game.size))
    paid = play.phase.terms["reconstruction"](play)
    assert paid.item() == pytest.approx(10 * mse_loss(made, image().samples()).item(), rel=1e-4)


def test_the_reference_is_fixed_or_drawn_in_each_round_of_the_coarsest_scale():
    for redraw in (False, True):
        game = make_game(redraw=redraw)
        seen = []
        for number in range(3):
            for player in ("discriminator", "generator"):
                game.after_batch(take_turn(game, player, round_number=number))
                seen.append(game.reference.clone())
        assert torch.equal(seen[0], seen[1]), "both players of a round see the same"
        assert torch.equal(seen[1], seen[2]) is not redraw
        game.enter(2)
        game.after_batch(take_turn(game, round_number=9))
        assert torch.equal(game.reference, seen[-1]), "the last one stays"


def test_noise_is_weighted_by_the_error_of_the_reconstruction_once():
    game = begin(make_game(), 1)
    assert game.amplitudes[0] == 1
    assert game.amplitudes[2] < 0
    with torch.no_grad():
        below = resized(game.generator.scales[0](game.reference, torch.zeros(1, 3, 12, 18)), game.size)
    error = (below - resized(image().samples(), game.size)).square().mean().sqrt()
    assert game.amplitudes[1].item() == pytest.approx(0.1 * error.item(), rel=1e-4)
    known = game.amplitudes.clone()
    with torch.no_grad():
        for weight in game.generator.scales[0].parameters():
            weight.mul_(2)
    game.enter(3)
    take_turn(game, round_number=8)
    assert torch.equal(game.amplitudes, known), "a scale that goes on keeps its weight"


def test_only_the_networks_of_the_scale_change_statistics_too():
    game = begin(make_game(), 1)
    generator, discriminator = game.networks["generator"], game.networks["discriminator"]
    before = {name: weights_of(network) for name, network in game.networks.items()}
    for player, network in (("discriminator", discriminator), ("generator", generator)):
        turn = take_turn(game, player, round_number=7)
        sum(turn.phase.losses(turn).values()).backward()
        game.after_batch(turn)
        touched = {name.split(".")[1] for name, weight in network.named_parameters() if weight.grad is not None}
        assert touched == {"1"}, player
    assert {name.split(".")[1] for name in changed(generator, before["generator"])} == {"1"}
    assert "running_mean" in {name.split(".")[-1] for name in changed(generator, before["generator"])}
    assert [scale.training for scale in generator.scales] == [False, True, *[False] * (len(generator.scales) - 2)]


def test_frozen_scales_stay_frozen_when_samples_are_made_between_rounds():
    game = begin(make_game(), 2)
    game.adapt(game.networks, 0)
    before = weights_of(game.generator)
    next(draw_samples(game, game.networks, 2, seed=0))
    assert [scale.training for scale in game.generator.scales[:3]] == [False, False, True]
    take_turn(game, round_number=9).fake  # noqa: B018  (made for what it does to statistics)
    assert {name.split(".")[1] for name in changed(game.generator, before)} == {"2"}


def test_a_scale_begins_as_the_one_before_if_it_is_as_wide():
    game = make_game(networks={"channels": 4, "double_every": 2})
    for network in game.networks.values():
        with torch.no_grad():
            for weight in network.scales[0].parameters():
                weight.add_(0.1)
    game.enter(2)
    for network in game.networks.values():
        assert not changed(network.scales[1], weights_of(network.scales[0]))
    unlike = weights_of(game.generator.scales[2])
    game.enter(4)
    assert not changed(game.generator.scales[2], unlike), "a wider scale begins anew"
    game.enter(3)
    assert not changed(game.generator.scales[1], weights_of(game.generator.scales[0])), "no copy within a scale"


def test_what_turns_of_a_round_share():
    game = begin(make_game(), 1)
    turns = []
    for player, number in (("discriminator", 0), ("discriminator", 1), ("generator", 0), ("generator", 1)):
        turn = take_turn(game, player, round_number=20, turn=number)
        turns.append((turn.noise[0].clone(), turn.below.clone(), turn.fake.detach().clone()))
        game.after_batch(turn)
    assert all(torch.equal(turn[0], turns[0][0]) for turn in turns)
    assert not torch.equal(turns[0][1], turns[1][1]), "D's turns see other images below"
    assert torch.equal(turns[1][1], turns[2][1]), "G's turns see what D's last one did"
    assert torch.equal(turns[2][1], turns[3][1])
    after = take_turn(game, round_number=21)
    assert not torch.equal(after.noise[0], turns[0][0])


def test_the_generators_turn_makes_its_fake_anew():
    game = begin(make_game(), 0)
    first = take_turn(game, "generator", round_number=5)
    made = first.fake
    game.after_batch(first)
    with torch.no_grad():
        for weight in game.generator.scales[0].parameters():
            weight.add_(0.05)
    again = take_turn(game, "generator", round_number=5, turn=1)
    assert again.fake.grad_fn is not None
    assert not torch.equal(made, again.fake)


def test_samples_come_from_the_scales_that_have_been_begun():
    game = begin(make_game(), 1)
    game.adapt(game.networks, 10_000)
    generator = game.generator.eval()
    assert generator.depth == 2
    samples = game.sample(game.networks, 2, Randomness(0))
    maps = generator.noise_maps(game.draw_latents(2, Randomness(0), generator))
    torch.testing.assert_close(samples, resized(generator.refine(maps[:2]), (16, 24)))


def test_earlier_scales_learn_more_slowly():
    game = begin(make_game(ConSinGANGame), 2)
    assert (game.first, game.concurrent) == (0, 3)
    assert [scale.training for scale in game.generator.scales[:3]] == [True] * 3
    turn = take_turn(game, "generator", round_number=9)
    sum(turn.phase.losses(turn).values()).backward()
    game.after_batch(turn)
    before = weights_of(game.generator)
    with torch.no_grad():
        for weight in game.generator.parameters():
            if weight.grad is not None:
                weight.add_(1.0)
    game.after_step(turn)
    for scale, step in ((0, 0.01), (1, 0.1), (2, 1.0)):
        name = f"scales.{scale}.body.0.weight"
        moved = game.generator.state_dict()[name] - before[name]
        torch.testing.assert_close(moved, torch.full_like(moved, step), atol=1e-5, rtol=1e-5)


def test_scales_beyond_those_that_are_trained_together_stay():
    game = begin(make_game(ConSinGANGame, concurrent=2), 2)
    assert game.first == 1
    assert [scale.training for scale in game.generator.scales[:3]] == [False, True, True]
    turn = take_turn(game, "generator", round_number=9)
    sum(turn.phase.losses(turn).values()).backward()
    touched = {name.split(".")[1] for name, weight in game.generator.named_parameters() if weight.grad is not None}
    assert touched == {"1", "2"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"conditional": True}, r"game\.conditional: one image has no classes"),
        ({"rounds": 0}, r"game\.rounds: expected at least 1, got 0"),
        ({"concurrent": 0}, r"game\.concurrent: expected at least 1"),
        ({"pack": 2, "batch_size": 2}, r"game\.pack: patches are judged one by one"),
    ],
)
def test_options_that_cannot_be_are_refused(options, said):
    with pytest.raises(UserError, match=said):
        make_game(**options)


def test_networks_of_other_kinds_or_scales_are_refused():
    parts = make_game().parts
    mlp = CATALOG.find("architecture", "mlp").component.roles["generator"]
    with pytest.raises(UserError, match=r"architecture\.generator: expected networks of several scales, .* got"):
        SinGANGame(replace(parts, networks={**parts.networks, "generator": mlp}))
    other = {**parts.networks, "discriminator": lambda *given: parts.networks["discriminator"](*given, scales=2)}
    with pytest.raises(UserError, match=r"must have the same scales, and they have \d from 12x18 on"):
        SinGANGame(replace(parts, networks=other))
    with pytest.raises(UserError, match=r"penalties\.latent_optimization: it replaces latents"):
        make_game(penalties={"latent_optimization": CATALOG.find("penalty", "latent_optimization").component()})


def test_weights_that_are_not_known_yet_are_no_nan():
    assert not math.isnan(make_game().amplitudes.sum())


@pytest.mark.slow
@pytest.mark.parametrize("kind", [SinGANGame, ConSinGANGame])
def test_two_processes_train_as_one_where_nothing_is_normalised_over_a_batch(kind):
    roles = {role: {"channels": 4, "smallest": 12, "normalize": False} for role in ("generator", "discriminator")}
    check_two_processes(kind, architecture={"name": "singan", **roles})

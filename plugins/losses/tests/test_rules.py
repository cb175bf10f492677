"""Rules without a term: clipped weights, the best samples, optimised latents."""

from __future__ import annotations

import pytest
import torch
from critics import Affine, Bent, Constant, Linear, Quadratic, make_game, numbers, penalty, take_turn

from gan_lightning.critique import Critique
from gan_lightning.errors import UserError
from gan_lightning.game import Progress


def test_weights_are_clipped_in_place_and_only_the_critic_s():
    critic, generator = Bent(), Affine()
    before = {name: weight.detach().clone() for name, weight in critic.named_parameters()}
    theirs = generator.map.weight.detach().clone()
    rules = {"weight_clipping": penalty("weight_clipping", limit=0.1)}
    turn = take_turn(make_game(critic, generator, rules), torch.ones(8, 4))
    turn.game.after_step(turn)
    for name, weight in critic.named_parameters():
        assert torch.equal(weight, before[name].clamp(-0.1, 0.1)), name
        assert weight.requires_grad
    assert torch.equal(generator.map.weight, theirs)
    with torch.no_grad():
        critic.last.weight.fill_(5.0)
    turn = take_turn(turn.game, torch.ones(8, 4), "generator")
    turn.game.after_step(turn)
    assert float(critic.last.weight.detach().max()) == 5.0, "the generator's steps clip nothing"


def test_a_box_without_room_is_refused():
    with pytest.raises(UserError, match=r"limit: expected more than 0"):
        penalty("weight_clipping", limit=0.0)


def best(turn, **options):
    return penalty("top_k", **options).judged(turn, turn.fake_critique, "fake")


def generators_turn(critic=None, images=0):
    turn = take_turn(make_game(critic or Linear(1.0), Affine()), numbers(8, 4), "generator", Progress(0, 0, images, 1))
    turn.fake = numbers(8, 4, seed=1)
    return turn


def test_the_best_samples_are_kept_with_all_that_is_told_of_them():
    turn = generators_turn(images=10**9)
    kept = best(turn)
    whole = turn.fake_critique
    chosen = whole.logits.topk(4).indices.sort().values
    assert torch.equal(kept.logits, whole.logits[chosen])
    assert torch.equal(kept.samples, turn.fake[chosen])
    assert torch.equal(kept.features, whole.features[chosen])


def test_extras_are_chosen_with_the_rest():
    turn = generators_turn(images=10**9)
    told = Critique(torch.tensor([3.0, 1.0, 2.0, 0.0]), extras={"classes": torch.arange(4), "name": "x"})
    kept = penalty("top_k").judged(turn, told, "fake")
    assert kept.extras["classes"].tolist() == [0, 2]
    assert kept.extras["name"] == "x"


@pytest.mark.parametrize(("images", "count"), [(0, 8), (49_999, 8), (50_000, 7), (20 * 50_000, 6), (10**9, 4)])
def test_the_share_falls_from_epoch_to_epoch(images, count):
    """0.99^1 and 0.99^20 of 8 are 7.92 and 6.5, rounded down; half of the batch is the least."""
    assert len(best(generators_turn(images=images)).logits) == count


def test_at_least_one_sample_is_kept():
    assert len(best(generators_turn(images=10**9), least=0.01, decay=0.5).logits) == 1


def test_only_generated_samples_in_the_generator_s_turn_are_chosen():
    game = make_game(Linear(1.0), Affine(), {"top_k": penalty("top_k", decay=0.5, epoch=1)})
    late = Progress(0, 0, 10**6, 1)
    turn = take_turn(game, numbers(8, 4), "generator", late)
    assert (len(turn.fake_critique.logits), len(turn.real_critique.logits)) == (4, 8)
    turn = take_turn(game, numbers(8, 4), "discriminator", late)
    assert len(turn.fake_critique.logits) == 8


def test_samples_left_out_teach_nothing():
    turn = generators_turn(Quadratic(1.0), images=10**9)
    turn.fake.requires_grad_()
    kept = best(turn)
    (gradient,) = torch.autograd.grad(kept.logits.sum(), turn.fake)
    assert int(gradient.any(dim=1).sum()) == 4


@pytest.mark.parametrize("options", [{"decay": 0.0}, {"decay": 1.1}, {"least": 0.0}, {"epoch": 0}])
def test_shares_out_of_range(options):
    with pytest.raises(UserError, match=rf"top_k\.{next(iter(options))}: expected"):
        penalty("top_k", **options)


def optimised(player="discriminator", prior="normal", critic=None, **options):
    rule = penalty("latent_optimization", **{"share": 1.0, **options})
    generator = Affine()
    game = make_game(critic or Linear(1.0), generator, {"latent_optimization": rule}, prior=prior)
    return rule, generator, take_turn(game, numbers(8, 4), player)


def drawn_of(turn):
    return turn.game.draw_latents(8, turn.random, turn.game.networks["generator"])


def test_the_step_of_linear_networks():
    """D(G(z)) = sum(W z), so g is the sum of the rows of W, the same for every latent."""
    rule, generator, turn = optimised(rate=0.9, damping=0.1)
    slope = generator.map.weight.sum(0)
    step = 0.9 / (0.1 + slope.square().sum()) * slope
    assert torch.allclose(turn.latents - drawn_of(turn), step.expand(8, 4), atol=1e-6)
    assert float(rule(turn).detach()) == pytest.approx(float(step.square().sum()), rel=1e-4)


def test_the_step_raises_the_score_of_every_sample():
    torch.manual_seed(0)
    _, generator, turn = optimised(critic=Bent(), rate=0.01, damping=1.0)
    critic = turn.game.networks["discriminator"]
    assert bool((critic(generator(turn.latents)).logits > critic(generator(drawn_of(turn))).logits).all())


def test_a_share_of_each_latent_moves():
    _, _, turn = optimised(share=0.5)
    moved = (turn.latents - drawn_of(turn)).detach() != 0
    assert torch.equal(moved, turn.random.uniform("latent_optimization", 8, 4) < 0.5)


def test_uniform_latents_stay_in_their_box():
    _, _, turn = optimised(prior="uniform", rate=100.0)
    assert float(turn.latents.detach().abs().max()) == 1.0


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_both_players_differentiate_through_the_step(player):
    """The step itself depends on the weights of whose turn it is: with W held elsewhere it has a gradient by them."""
    rule, generator, turn = optimised(player)
    rule(turn).backward()
    reached = {"discriminator": turn.game.networks["discriminator"].scale, "generator": generator.map.weight}
    assert reached.pop(player).grad.abs().sum() > 0
    assert next(iter(reached.values())).grad is None


def test_the_discriminator_s_loss_differentiates_through_the_step():
    """E f = 1/8 sum over z of s * sum(W z'): its derivative by s has a part through z', checked by differences."""
    _, _, turn = optimised(rate=0.5, damping=1.0)
    game, scale = turn.game, turn.game.networks["discriminator"].scale
    (found,) = torch.autograd.grad(turn.phase.terms["loss"](turn), scale)
    values = []
    for step in (1e-2, -1e-2):
        with torch.no_grad():
            scale.add_(step)
        again = take_turn(game, numbers(8, 4))
        values.append(float(again.phase.terms["loss"](again).detach()))
        with torch.no_grad():
            scale.sub_(step)
    assert float(found) == pytest.approx((values[0] - values[1]) / 2e-2, rel=1e-2)


def test_the_best_samples_and_optimised_latents_go_together():
    rules = {"top_k": penalty("top_k", decay=0.5, epoch=1), "latent_optimization": penalty("latent_optimization")}
    game = make_game(Bent(), Affine(), rules)
    turn = take_turn(game, numbers(8, 4), "generator", Progress(0, 0, 10**6, 1))
    moved = (turn.latents - drawn_of(turn)).detach()
    assert bool(moved.any(dim=1).all()), "latents of samples that are left out have been optimised, too"
    assert len(turn.fake_critique.logits) == 4


def test_a_constant_generator_makes_no_step():
    rule = penalty("latent_optimization")
    generator = Constant(1.0)
    generator.forward = lambda latents, labels=None: generator.value + 0.0 * latents.expand(-1, 4)
    turn = take_turn(make_game(Linear(1.0), generator, {"x": rule}), numbers(8, 4))
    assert torch.equal(turn.latents, turn.game.draw_latents(8, turn.random, generator))

"""Penalties that both players pay on what a discriminator tells of classes and rotations, against closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from critics import CATALOG, Bent, make_game, numbers, penalty, take_turn
from gan_lightning_losses.penalties.proxies import ProxyHead
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from gan_lightning.critique import Critique
from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Progress
from gan_lightning.layers import SNLinear
from gan_lightning.randomness import Randomness

CLASSES = 3
SPEC = DataSpec((4,), (2,) * CLASSES, kind="points")
IMAGES = DataSpec((1, 4, 4), (2,) * CLASSES)


class Labelled(nn.Module):
    """G(z, y) = W z + e_y, of 4 values or as an image of 16."""

    latent_shape = (4,)

    def __init__(self, shape=(4,)):
        super().__init__()
        self.shape = shape
        self.map = nn.Linear(4, math.prod(shape), bias=False)
        self.classes = nn.Embedding(CLASSES, math.prod(shape))

    def forward(self, latents, labels=None):
        made = self.map(latents)
        return (made if labels is None else made + self.classes(labels)).view(-1, *self.shape)


def turn(rule, player="discriminator", data=SPEC, count=6, conditional=True, **others):
    """Return a turn of a game without labels for D, in which only the player's weights ask for gradients."""
    torch.manual_seed(0)
    name = CATALOG_NAMES[type(rule)]
    values = math.prod(data.shape)
    labelled = {"conditional": True, "discriminator_labels": False} if conditional else {}
    game = make_game(Bent(values), Labelled(data.shape), {name: rule, **others}, data=data, **labelled)
    samples = numbers(count, *data.shape)
    if data.kind == "images":
        samples = ((samples.clamp(-1, 1) + 1) * 127).to(torch.uint8)
    return take_turn(game, Batch(samples, torch.arange(count) % CLASSES), player)


CATALOG_NAMES = {entry.component: entry.name for entry in CATALOG.entries("penalty") if entry.plugin.name == "losses"}


def reached(term, game):
    """Return which networks a term has gradients for."""
    term.backward()
    gradients = {name: [weight.grad for weight in network.parameters()] for name, network in game.networks.items()}
    return {name: any(part is not None and bool(part.any()) for part in parts) for name, parts in gradients.items()}


# --- Auxiliary classifier ---------------------------------------------------------------------------------------------


def test_classes_are_told_from_raw_logits():
    """A softmax before the cross-entropy could not come below log(1 + (K - 1) / e)."""
    rule = penalty("auxiliary_classifier", fake=0.0)
    played = turn(rule)
    sure = 50.0 * torch.eye(CLASSES)[played.labels]
    played.real_critique.extras["auxiliary_classifier"] = sure
    assert float(rule(played)) == pytest.approx(0.0, abs=1e-6)
    played.real_critique.extras["auxiliary_classifier"] = torch.zeros(6, CLASSES)
    assert float(rule(played)) == pytest.approx(math.log(CLASSES))


@pytest.mark.parametrize(("options", "parts"), [({}, (1, 1)), ({"fake": 0.0}, (1, 0)), ({"real": 0.5}, (0.5, 1))])
def test_the_discriminator_classifies_real_and_generated_samples(options, parts):
    rule = penalty("auxiliary_classifier", **options)
    played = turn(rule)
    sides = played.real_critique, played.fake_critique
    slow = [cross_entropy(side.extras["auxiliary_classifier"], side.labels) for side in sides]
    torch.testing.assert_close(rule(played), parts[0] * slow[0] + parts[1] * slow[1])


def test_a_part_without_weight_costs_no_forward():
    played = turn(penalty("auxiliary_classifier", fake=0.0))
    played.game.parts.penalties["auxiliary_classifier"](played)
    assert played.fake_critique.made is None
    played = turn(penalty("auxiliary_classifier"), "generator")
    played.game.parts.penalties["auxiliary_classifier"](played)
    assert played.real_critique.made is None


def test_the_generator_s_term_has_its_own_weight_and_both_minimise():
    plain, weak = (turn(penalty("auxiliary_classifier", generator=share), "generator") for share in (1.0, 0.1))
    rules = [played.game.parts.penalties["auxiliary_classifier"] for played in (plain, weak)]
    values = [rule(played) for rule, played in zip(rules, (plain, weak), strict=True)]
    torch.testing.assert_close(values[0] * 0.1, values[1])
    assert float(values[0].detach()) > 0.0
    assert reached(values[0], plain.game) == {"generator": True, "discriminator": False}


# --- Embeddings and proxies -------------------------------------------------------------------------------------------


def place(played, name, embedded, proxies):
    """Let the discriminator tell embeddings ``[N, D]`` and the proxies of each class ``[K, D]``."""
    embedded = normalize(embedded, dim=1)
    side = played.real_critique if played.phase.player == "discriminator" else played.fake_critique
    side.extras[name] = torch.cat([embedded, embedded @ normalize(proxies, dim=1).T], dim=1)
    return embedded, normalize(proxies, dim=1)


def test_d2d_ce_is_the_sum_of_the_paper():
    rule = penalty("d2d_ce", size=5, temperature=0.3, positive_margin=0.9, negative_margin=0.1)
    played = turn(rule)
    f, v = place(played, "d2d_ce", numbers(6, 5), numbers(CLASSES, 5, seed=1))
    labels = played.labels.tolist()
    slow = []
    for i, y in enumerate(labels):
        drawn = math.exp(min(float(f[i] @ v[y]) - 0.9, 0.0) / 0.3)
        pushed = [math.exp(max(float(f[i] @ f[j]) - 0.1, 0.0) / 0.3) for j in range(6) if labels[j] != y]
        slow.append(-math.log(drawn / (drawn + sum(pushed))))
    assert float(rule(played)) == pytest.approx(sum(slow) / 6, rel=1e-5)


def test_d2d_ce_lets_easy_samples_and_pairs_go():
    """On their proxies, at right angles to other classes: no gradient, and the value of six equal negatives."""
    rule = penalty("d2d_ce", size=CLASSES)
    played = turn(rule)
    at = torch.eye(CLASSES)[played.labels].requires_grad_()
    place(played, "d2d_ce", at, torch.eye(CLASSES))
    value = rule(played)
    assert float(value.detach()) == pytest.approx(math.log(1 + 4))
    assert float(torch.autograd.grad(value, at)[0].abs().max()) == 0.0


def test_d2d_ce_of_one_class_only_draws_to_the_proxy_no_more():
    """Without samples of other classes the fraction is 1."""
    rule = penalty("d2d_ce", size=4)
    played = turn(rule)
    outputs = played.real_critique.extras["d2d_ce"]
    played.real_critique.made.labels = torch.zeros(6, dtype=torch.long)
    value = rule(played)
    assert float(value) == pytest.approx(0.0, abs=1e-6)
    assert torch.autograd.grad(value, outputs)[0].isfinite().all()


def test_2c_is_the_sum_of_the_paper():
    rule = penalty("contrastive_2c", size=5, temperature=0.7)
    played = turn(rule)
    f, v = place(played, "contrastive_2c", numbers(6, 5), numbers(CLASSES, 5, seed=1))
    labels = played.labels.tolist()
    slow = []
    for i, y in enumerate(labels):
        proxy = math.exp(float(f[i] @ v[y]) / 0.7)
        others = {j: math.exp(float(f[i] @ f[j]) / 0.7) for j in range(6) if j != i}
        friends = sum(value for j, value in others.items() if labels[j] == y)
        slow.append(-math.log((proxy + friends) / (proxy + sum(others.values()))))
    assert float(rule(played)) == pytest.approx(sum(slow) / 6, rel=1e-5)


@pytest.mark.parametrize("name", ["d2d_ce", "contrastive_2c"])
def test_embeddings_and_proxies_are_the_discriminator_s(name):
    """D trains both on real samples; in G's turn they stay, and generated samples are drawn to them."""
    rule = penalty(name, size=5)
    played = turn(rule)
    rule(played).backward()
    head = played.game.networks["discriminator"].heads[name]
    assert head.proxies.grad.any(dim=1).all()
    assert head.embedding.weight.grad.any()
    assert any(weight is head.proxies for weight in played.game.parameters_of(played.game.player("discriminator")))
    assert played.fake_critique.made is None, "D's term is of real samples only"
    played = turn(rule, "generator")
    assert reached(rule(played), played.game) == {"generator": True, "discriminator": False}
    assert played.real_critique.made is None


def test_scales_of_embeddings_and_proxies_mean_nothing():
    torch.manual_seed(0)
    head = ProxyHead(5, CLASSES)(7, SNLinear)
    features = numbers(4, 7)
    before = head.eval()(features)
    with torch.no_grad():
        head.proxies.mul_(3.0)
    torch.testing.assert_close(head(features), before)
    torch.testing.assert_close(before[:, :5].norm(dim=1), torch.ones(4))
    assert float(before[:, 5:].abs().max()) <= 1.0 + 1e-6
    assert isinstance(head.embedding, SNLinear), "spectrally normalised where the discriminator is"


@pytest.mark.parametrize("name", ["auxiliary_classifier", "d2d_ce", "contrastive_2c"])
def test_unconditional_games_are_refused(name):
    with pytest.raises(UserError, match=rf"^penalties\.{name}: it reads the classes .* set game\.conditional to true$"):
        turn(penalty(name), conditional=False)


@pytest.mark.parametrize("name", ["d2d_ce", "contrastive_2c"])
@pytest.mark.parametrize("options", [{"size": 0}, {"temperature": 0.0}])
def test_embeddings_that_cannot_be(name, options):
    with pytest.raises(UserError, match=rf"^penalties\.{name}\.{next(iter(options))}: expected"):
        penalty(name, **options)


def test_the_best_samples_keep_their_classes():
    rules = {"top_k": penalty("top_k", decay=0.5, least=0.5, epoch=1)}
    rule = penalty("auxiliary_classifier")
    played = turn(rule, "generator", **rules)
    played.progress = Progress(0, 0, 10**6, 1)
    kept = played.fake_critique
    assert len(kept.labels) == len(kept.extras["auxiliary_classifier"]) == 3
    rule(played).backward()


# --- Rotations --------------------------------------------------------------------------------------------------------


class Watching(nn.Module):
    """Remembers what it is shown."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.seen = []

    def forward(self, samples, labels=None):
        self.seen.append((samples.detach(), labels))
        return Critique(self.weight * samples.flatten(1).sum(1), features=self.weight * samples.flatten(1))


def watched(player, rank=0, world=1, count=8, conditional=False):
    rule = penalty("self_supervised")
    generator = Labelled((1, 4, 4))
    game = make_game(Watching(), generator, {"self_supervised": rule}, data=IMAGES, conditional=conditional)
    images = torch.randint(0, 256, (count, 1, 4, 4), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    batch = Batch(images, torch.arange(count) % CLASSES)
    played = take_turn(game, batch, player, random=Randomness(0, rank, world))
    body = game.networks["discriminator"].body
    body.seen.clear()
    return rule, played, body


@pytest.mark.parametrize(("player", "weight"), [("discriminator", 1.0), ("generator", 0.2)])
def test_each_image_is_rotated_once_by_the_four_in_turn(player, weight):
    rule, played, body = watched(player)
    images = played.real if player == "discriminator" else played.fake.detach()
    value = rule(played)
    ((seen, _),) = body.seen
    turns = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    for row, (image, turn_) in enumerate(zip((0, 4, 1, 5, 2, 6, 3, 7), turns.tolist(), strict=True)):
        assert torch.equal(seen[row], images[image].rot90(turn_, (1, 2))), row
    head = played.game.networks["discriminator"].heads["self_supervised"]
    torch.testing.assert_close(value, weight * cross_entropy(head(body.weight * seen.flatten(1)), turns))


def test_the_discriminator_learns_no_rotations_from_generated_images():
    rule, played, body = watched("discriminator")
    rule(played)
    assert len(body.seen) == 1
    assert "fake" not in vars(played), "no generated image has even been made"


def test_rotated_images_keep_their_classes():
    rule, played, body = watched("discriminator", conditional=True)
    rule(played)
    assert body.seen[0][1].tolist() == [label for turn_ in range(4) for label in (turn_ % 3, (turn_ + 4) % 3)]


def test_an_image_is_rotated_alike_on_any_number_of_processes():
    """The second of two processes with three images each begins where the first ends: at the fourth rotation."""
    rule, played, body = watched("discriminator", rank=1, world=2, count=3)
    rule(played)
    seen, real = body.seen[0][0], played.real
    for row, (image, turn_) in enumerate([(1, 0), (2, 1), (0, 3)]):
        assert torch.equal(seen[row], real[image].rot90(turn_, (1, 2))), row


@pytest.mark.parametrize("data", [SPEC, DataSpec((1, 4, 6))])
def test_only_square_images_are_rotated(data):
    with pytest.raises(UserError, match=r"^penalties\.self_supervised: it rotates square images"):
        make_game(Bent(math.prod(data.shape)), Labelled(data.shape), {"x": penalty("self_supervised")}, data=data)

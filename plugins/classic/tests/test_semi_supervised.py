"""Semi-supervised learning: its logits, what it pays for which samples, and what few labels come to."""

from __future__ import annotations

import pytest
import torch
from classic_turns import make_game, take_turn, train
from gan_lightning_classic.asking import answers
from gan_lightning_classic.partly_labelled import PartlyLabelled
from gan_lightning_classic.semi_supervised import HEAD, SemiSupervisedGame
from torch.nn.functional import cross_entropy, softplus

from gan_lightning.data.batch import Batch
from gan_lightning.data.loader import Plan, RoundLoader
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError

COUNTS = (2, 3, 8, 3)
NAMES = ("a", "b", "unlabelled", "z")
IMAGES = DataSpec((1, 4, 4), COUNTS, NAMES)


def small(data=IMAGES, **options):
    sizes = {"generator": {"hidden": 16, "latent": 4}, "discriminator": {"hidden": 16}}
    return make_game(SemiSupervisedGame, data, **{**sizes, **options})


def batch(labels=(0, 2, 3, 2, 1, 2)):
    pixels = torch.randint(0, 256, (len(labels), 1, 4, 4), generator=torch.Generator().manual_seed(0)).byte()
    return Batch(pixels, torch.tensor(labels))


def test_a_samples_logit_is_that_of_not_being_of_the_last_class():
    game = small()
    turn = take_turn(game, batch())
    told = turn.real_critique.extras[HEAD]
    assert told.shape == (3, 3), "unlabelled is no class"
    with_fake = torch.cat([told, torch.zeros(3, 1)], dim=1).softmax(dim=1)
    torch.testing.assert_close(turn.real_critique.logits.sigmoid(), 1 - with_fake[:, 3])


def test_real_samples_are_those_without_a_label_and_as_many_are_generated():
    turn = take_turn(small(), batch())
    assert torch.equal(turn.real, turn.batch.samples()[[1, 3, 5]])
    assert turn.fake.shape == (3, 1, 4, 4)
    assert turn.targets.tolist() == [0, 2, 1], "classes close the gap that unlabelled leaves"
    assert len(take_turn(small(generator_batch=5), batch(), "generator").fake) == 5


def test_the_terms_are_those_of_the_paper():
    turn = take_turn(small(), batch())
    terms = turn.phase.losses(turn)
    assert list(terms) == ["loss", "classes"]
    ask = turn.game.networks["discriminator"]
    logits = {name: ask(samples).extras[HEAD] for name, samples in {"real": turn.real, "fake": turn.fake}.items()}
    real, fake = (logits[side].logsumexp(dim=1) for side in ("real", "fake"))
    torch.testing.assert_close(terms["loss"], 0.5 * (-real + softplus(real)).mean() + 0.5 * softplus(fake).mean())
    labelled = ask(turn.batch.samples()[[0, 2, 4]]).extras[HEAD]
    torch.testing.assert_close(terms["classes"], cross_entropy(labelled, torch.tensor([0, 2, 1])))


def test_without_its_unlabelled_terms_the_classifier_sees_no_other_samples():
    turn = take_turn(small(unsupervised=0.0), batch())
    assert list(turn.phase.losses(turn)) == ["classes"]
    assert "fake" not in vars(turn)
    assert "drawn" not in vars(turn)


def test_a_batch_without_labels_teaches_no_classes_and_one_of_labels_alone_is_refused():
    turn = take_turn(small(), batch((2, 2)))
    assert turn.phase.losses(turn)["classes"].item() == 0
    turn = take_turn(small(), batch((0, 1)))
    with pytest.raises(UserError, match=r"^data\.batch_size: a batch has no sample without a label"):
        turn.phase.losses(turn)


def test_the_generator_matches_features_and_pays_for_nothing_else():
    game = small(penalties=("feature_matching",), adversarial=0.0)
    turn = take_turn(game, batch(), "generator")
    assert list(turn.phase.terms) == ["feature_matching"]
    features = [game.networks["discriminator"](side).features.mean(dim=0) for side in (turn.real, turn.fake)]
    torch.testing.assert_close(turn.phase.losses(turn)["feature_matching"], (features[0] - features[1]).square().mean())


def test_updates_are_counted_by_what_is_generated():
    assert small().generated(16) == 8
    assert small(generator_batch=5).generated(16) == 5


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (IMAGES, {"conditional": True}, r"game\.conditional: the generator is told of no class"),
        (IMAGES, {"unlabelled": "unlabeled"}, r"game\.unlabelled: .* class 'unlabeled' .* mean 'unlabelled'"),
        (DataSpec((1, 4, 4)), {}, r"game\.unlabelled: .* data partly_labelled"),
        (IMAGES, {"pack": 2}, r"game\.pack: classes belong to single samples"),
    ],
)
def test_data_and_options_that_do_not_fit_are_refused(data, options, said):
    with pytest.raises(UserError, match=said):
        small(data, **options)


def test_two_labels_a_class_and_many_digits_without_make_a_classifier(tmp_path):
    samples = PartlyLabelled(options={"resolution": 8}, labelled=2).load(tmp_path)
    sizes = {"generator": {"hidden": 64}, "discriminator": {"hidden": 64}, "batch_size": 64}
    game = make_game(SemiSupervisedGame, samples.spec, penalties=("feature_matching",), adversarial=0.0, **sizes)
    optimizers = {player.name: torch.optim.Adam(game.parameters_of(player), lr=2e-3) for player in game.players}
    rounds = iter(RoundLoader(samples, lambda _: Plan(1, 64), seed=0))
    train(game, (next(rounds) for _ in range(150)), optimizers)
    values, classes = samples.facts["held_out"]
    with torch.no_grad():
        told = answers(game, game.networks, values, HEAD).argmax(dim=1)
    assert (told != classes).float().mean() < 0.4

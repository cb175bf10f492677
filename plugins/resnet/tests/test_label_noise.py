"""rGAN: noisy data, the game that undoes the noise, the classifier that knows of it, and the matrix between."""

import math

import pytest
import torch
from gan_lightning_resnet.label_noise import LabelNoise, clean_given_noisy, draw_rows, estimate_transition
from gan_lightning_resnet.noisy_labels import NoisyLabels, _numbers
from gan_lightning_resnet.rgan import LabelNoiseGame, RobustClassifier
from PIL import Image
from torch.nn.functional import cross_entropy

from gan_lightning.data.batch import Batch
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError
from gan_lightning.game import Parts, Progress
from gan_lightning.randomness import Randomness
from gan_lightning.testing.toys import TOY_NETWORKS, ToyLoss

PAIRS = ((0, 1), (2, 3), (3, 2))


def game(counts=(10, 10, 10, 10), penalties=None, **options):
    parts = Parts(DataSpec((1, 4, 4), counts), 8, TOY_NETWORKS.roles, ToyLoss(), penalties or {})
    return LabelNoiseGame(parts, **options)


def turn(made, player, labels):
    phase = next(phase for phase in made.phases() if phase.player == player)
    batch = Batch(torch.zeros(len(labels), 1, 4, 4, dtype=torch.uint8), labels)
    return made.play(phase, batch, Randomness(0).at(1), Progress(0, 0, 0, 1))


def test_symmetric_noise_may_draw_the_right_label_again():
    matrix = LabelNoise(0.4).matrix(5)
    assert torch.allclose(matrix.diagonal(), torch.full((5,), 0.6 + 0.08))
    assert torch.allclose(matrix[0, 1:], torch.full((4,), 0.08))


def test_asymmetric_noise_flips_the_pairs_only():
    matrix = LabelNoise(0.25, PAIRS).matrix(4)
    assert matrix.tolist() == [[0.75, 0.25, 0, 0], [0, 1, 0, 0], [0, 0, 0.75, 0.25], [0, 0, 0.25, 0.75]]


def test_classes_are_drawn_by_the_columns():
    back = clean_given_noisy(LabelNoise(0.25, PAIRS).matrix(4))
    assert torch.allclose(back[1], torch.tensor([0.2, 0.8, 0, 0])), "label 1: right, or a 0 that was flipped"
    assert back[0].tolist() == [1, 0, 0, 0], "label 0 is never wrong"
    assert torch.allclose(back.sum(dim=1), torch.ones(4))
    assert clean_given_noisy(LabelNoise(1.0, ((0, 1),)).matrix(2)).tolist() == [[1, 0], [0.5, 0.5]]


def test_rows_are_drawn_as_often_as_they_say():
    probabilities = torch.tensor([[0.1, 0.0, 0.9], [1.0, 0.0, 0.0]])
    drawn = draw_rows(probabilities, torch.zeros(10_000, dtype=torch.long), torch.rand(10_000))
    assert drawn.bincount(minlength=3)[1] == 0
    assert drawn.eq(2).float().mean().item() == pytest.approx(0.9, abs=0.02)
    assert draw_rows(probabilities, torch.tensor([1, 0]), torch.tensor([0.9999999, 0.0])).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 1.5}, "rate: expected a probability"),
        (
            {"transition": [[0.5, 0.4], [0.0, 1.0]]},
            r"transition\[0\]: expected probabilities that add up to 1, got 0.9|a sum",
        ),
        ({"transition": [[1.0, 0.0]]}, r"transition\[0\]: expected 1 numbers"),
    ],
)
def test_what_is_no_probability_is_refused(options, message):
    for make in (LabelNoise, RobustClassifier, NoisyLabels, game):
        with pytest.raises(UserError, match=message):
            make(**options)


def test_pairs_and_matrices_of_other_classes_are_refused():
    with pytest.raises(UserError, match=r"flips: expected pairs of classes from 0 to 2, got \[1, 3\]"):
        LabelNoise(0.5, ((1, 3),)).matrix(3)
    with pytest.raises(UserError, match="transition: expected 3 rows"):
        LabelNoise(transition=[[1.0, 0.0], [0.0, 1.0]]).matrix(3)


def test_the_data_have_the_noise_they_are_asked_for(tmp_path):
    samples = NoisyLabels(0.5, options={"resolution": 8}).load(tmp_path)
    right = samples.facts["clean_labels"]
    assert samples.labels.ne(right).float().mean().item() == pytest.approx(0.45, abs=0.04)
    flipped = NoisyLabels(0.5, ((1, 7),), options={"resolution": 8}).load(tmp_path)
    changed = flipped.labels != right
    assert bool((right[changed] == 1).all())
    assert bool((flipped.labels[changed] == 7).all())
    assert (
        samples.fingerprint
        != flipped.fingerprint
        != NoisyLabels(0.0, options={"resolution": 8}).load(tmp_path).fingerprint
    )


def test_noise_is_a_function_of_seed_and_index(tmp_path):
    first, same, other = (
        NoisyLabels(0.5, options={"resolution": size}, noise_seed=seed).load(tmp_path).labels
        for size, seed in ((8, 1), (4, 1), (8, 2))
    )
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_noise_of_the_first_samples_does_not_depend_on_how_many_there_are():
    assert torch.equal(_numbers(5000, 3)[:10], _numbers(10, 3))


def test_data_without_labels_are_refused(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "one.png")
    with pytest.raises(UserError, match=r"data\.of: folder has no labels"):
        NoisyLabels(of="folder", options={"path": str(tmp_path)}).load(tmp_path / "cache")


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_the_generator_makes_classes_and_the_discriminator_is_told_noisy_labels(player):
    transition = [[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    play = turn(game((1, 0, 0, 1), transition=transition), player, torch.tensor([0, 3, 0, 3]))
    noisy, clean = play.judged_labels, play.fake_labels
    assert set(noisy.tolist()) <= {0, 3}
    assert torch.equal(clean, torch.tensor([1, 0, 2, 3])[noisy]), "whose label is 0 is a 1"
    assert torch.equal(play.fake_critique.labels, noisy)
    assert torch.equal(play.fake, play.game.networks["generator"](play.latents, clean))
    assert torch.equal(play.real_critique.labels, torch.tensor([0, 3, 0, 3]))
    play.game.sample(play.game.networks, 4, Randomness(0))


def test_joint_and_separate_judgement_are_told_the_same():
    apart, joint = (turn(game(judge_together=one), "discriminator", torch.arange(4)) for one in (False, True))
    assert torch.equal(apart.fake_critique.labels, joint.fake_critique.labels)
    assert torch.equal(joint.real_critique.labels, torch.arange(4))


def test_labels_may_be_those_of_the_reals():
    play = turn(game(labels_of="reals", rate=0.0), "discriminator", torch.tensor([3, 1, 1, 0]))
    assert torch.equal(play.judged_labels, torch.tensor([3, 1, 1, 0]))
    assert torch.equal(play.fake_labels, torch.tensor([3, 1, 1, 0]))


def test_without_noise_classes_are_the_labels():
    play = turn(game(rate=0.0), "generator", torch.arange(4))
    assert torch.equal(play.fake_labels, play.judged_labels)


def test_samples_have_classes_as_frequent_as_the_noise_lets_one_think():
    made = game((0, 100, 0, 0), rate=0.25, flips=((0, 1),))
    drawn = made.draw_labels(5000, Randomness(0))
    assert drawn.eq(0).float().mean().item() == pytest.approx(0.2, abs=0.02)
    assert bool((drawn <= 1).all())


def test_an_unconditional_game_is_refused():
    with pytest.raises(UserError, match=r"game\.conditional"):
        game(conditional=False)


def test_the_classifier_is_blamed_for_labels_and_the_generator_for_classes():
    rule = RobustClassifier(rate=0.25, flips=PAIRS, real=2.0, generator=0.5)
    made = game(penalties={"robust_classifier": rule}, rate=0.25, flips=PAIRS, discriminator_labels=False)
    labels = torch.tensor([0, 1, 1, 3])
    play = turn(made, "discriminator", labels)
    chances = play.real_critique.extras["robust_classifier"].softmax(dim=1) @ rule.matrix(4)
    expected = -2.0 * chances[torch.arange(4), labels].log().mean()
    assert rule(play).item() == pytest.approx(expected.item(), rel=1e-5)
    play = turn(made, "generator", labels)
    assert torch.equal(play.fake_critique.labels, play.fake_labels), "classes, and no noisy labels"
    expected = 0.5 * cross_entropy(play.fake_critique.extras["robust_classifier"], play.fake_labels)
    assert rule(play).item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_certain_classifier_with_an_impossible_label_is_not_infinitely_wrong():
    rule = RobustClassifier(rate=0.0)
    logits = torch.tensor([[200.0, 0.0]], requires_grad=True)
    surprise = rule._surprise(logits, torch.tensor([1]))
    assert surprise.item() == pytest.approx(-math.log(1e-8), rel=1e-3)
    surprise.backward()
    assert bool(logits.grad.isfinite().all())


def test_the_matrix_is_estimated_from_a_classifier_that_is_right_about_noise():
    matrix = LabelNoise(0.25, PAIRS).matrix(4)
    sure = torch.arange(4).repeat(200)
    doubt = torch.rand(800, 1, generator=torch.Generator().manual_seed(0)) * 0.3
    of_classes = (1 - doubt) * torch.eye(4)[sure] + doubt / 4
    assert torch.allclose(estimate_transition(of_classes @ matrix), matrix, atol=0.02)
    rows = estimate_transition(of_classes @ matrix, 0.97).sum(dim=1)
    assert torch.allclose(rows, torch.ones(4))

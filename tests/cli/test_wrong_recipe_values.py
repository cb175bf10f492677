"""Keys and values of recipes that are refused with file and line, before anything is written."""

import pytest

STEPS = "train: {steps: 12}"
GENERATOR = "generator: {name: adam, lr: 1.0e-3}"
TRAINER = "trainer: {accelerator: cpu, devices: 1}"

CASES = {
    "unknown key at the top": ("loss: hinge", "los: hinge", 3, ["los: unknown key", "did you mean 'loss'"]),
    "unknown key of a section": (STEPS, "train: {step: 12}", 7, ["train.step: unknown key", "'steps'"]),
    "unknown key of a network": (
        "architecture: toy",
        "architecture: {name: toy, generator: {widht: 8}}",
        2,
        ["architecture.generator.widht: unknown key", "did you mean 'width'"],
    ),
    "unknown role": ("architecture: toy", "architecture: {name: toy, genrator: {}}", 2, ["'generator'"]),
    "unknown key of an optimizer": (
        GENERATOR,
        "generator: {name: adam, learning_rate: 1.0e-3}",
        5,
        ["optimizers.generator.learning_rate: unknown key"],
    ),
    "unknown component": ("loss: hinge", "loss: hings", 3, ["no loss 'hings'", "did you mean 'hinge'"]),
    "unknown architecture": ("architecture: toy", "architecture: toi", 2, ["no architecture 'toi'", "'toy'"]),
    "unknown data": ("name: mixture", "name: mixtures", 1, ["no dataset 'mixtures'", "did you mean 'mixture'"]),
    "unknown optimizer": ("generator: {name: adam,", "generator: {name: adma,", 5, ["no optimizer 'adma'", "'adam'"]),
    "unknown logger": (STEPS, f"{STEPS}\nlogger: [csb]", 8, ["no logger 'csb'", "did you mean 'csv'"]),
    "unknown trainer argument": (TRAINER, "trainer: {accelerater: cpu}", 11, ["trainer.accelerater", "'accelerator'"]),
    "owned trainer argument": (TRAINER, "trainer: {max_steps: 5}", 11, ["trainer.max_steps", "use train.steps"]),
    "text for a number": (
        GENERATOR,
        'generator: {name: adam, lr: "3e-7"}',
        5,
        ["optimizers.generator.lr: expected a number", "'3e-7'", "without quotes"],
    ),
    "fraction for a whole number": (STEPS, "train: {steps: 1.5}", 7, ["train.steps: expected a whole number", "1.5"]),
    "exponent for a whole number": (STEPS, "train: {steps: 1.0e+3}", 7, ["expected a whole number", "write 1000"]),
    "true for a whole number": (STEPS, "train: {steps: true}", 7, ["expected a whole number, got true"]),
    "true for a number": (GENERATOR, "generator: {name: adam, lr: true}", 5, ["expected a number, got true"]),
    "number for a section": (STEPS, "train: 12", 7, ["train: expected keys and values, got 12"]),
    "one value of two": (GENERATOR, "generator: {name: adam, betas: [0.5]}", 5, ["betas: expected 2 values, got 1"]),
    "missing required key": (STEPS, "train: {accumulate: 2}", 7, ["steps must be given (a whole number)"]),
    "missing section": (f"{STEPS}\n", "", None, ["train: must be given"]),
    "unknown player": (GENERATOR, "generater: {name: adam}", 5, ["no such player", "did you mean 'generator'"]),
    "missing optimizer": (f"  {GENERATOR}\n", "", 4, ["optimizers.generator: must be given"]),
    "unknown schedule": (
        GENERATOR,
        "generator: {name: adam, lr: {cosin: {from: 1.0, to: 0.0}}}",
        5,
        ["optimizers.generator.lr", "no schedule 'cosin'", "'cosine'"],
    ),
    "schedule without an end": (GENERATOR, "generator: {name: adam, lr: {linear: {from: 1.0}}}", 5, ["to must be"]),
    "schedule with an unknown key": (
        GENERATOR,
        "generator: {name: adam, lr: {linear: {from: 1.0, till: 0.0}}}",
        5,
        ["unknown key 'till'"],
    ),
    "penalty that is no list": (STEPS, f"{STEPS}\npenalties: {{name: r1}}", 8, ["penalties: expected a list"]),
    "penalty listed twice": (STEPS, f"{STEPS}\npenalties: [r1, r1]", 8, ["'r1' is listed twice"]),
    "choice that is none": (
        STEPS,
        f"{STEPS}\nguard: {{non_finite: stopp}}",
        8,
        ["guard.non_finite: expected one of 'stop', 'ignore'", "did you mean 'stop'"],
    ),
    "batch of nothing": ("batch_size: 16", "batch_size: 0", 1, ["data.batch_size: expected at least 1, got 0"]),
    "no steps": (STEPS, "train: {steps: 0}", 7, ["train.steps: expected at least 1, got 0"]),
    "interval of nothing": (STEPS, f"{STEPS}\nlog: {{every: 0}}", 8, ["log.every: expected at least 1, got 0"]),
    "negative pictures": (STEPS, f"{STEPS}\nsample: {{count: -4}}", 8, ["sample.count: expected at least 1, got -4"]),
    "accumulate nothing": (STEPS, "train: {steps: 3, accumulate: 0}", 7, ["train.accumulate: expected at least 1"]),
    "metric that needs an extractor": (
        STEPS,
        f"{STEPS}\nevaluate: {{metrics: [fid]}}",
        8,
        ["evaluate.extractor: the metric 'fid' compares features and needs one"],
    ),
    "best that no metric gives": (
        STEPS,
        f"{STEPS}\nevaluate: {{metrics: [modes], best: mode}}",
        8,
        ["evaluate.best: no metric listed gives 'mode'", "'modes'"],
    ),
    "architecture that is a number": (
        "architecture: toy",
        "architecture: {name: 5}",
        2,
        ["architecture.name: expected"],
    ),
    "network that is a number": (
        "architecture: toy",
        "architecture: {generator: {name: 5}, discriminator: toy}",
        2,
        ["architecture.generator.name: expected text, got 5"],
    ),
    "logger listed twice": (STEPS, f"{STEPS}\nlogger: [csv, csv]", 8, ["logger[1]: 'csv' is listed twice"]),
    "nothing to score": (STEPS, f"{STEPS}\nevaluate: {{every: 5}}", 8, ["evaluate.metrics: must name at least one"]),
    "no machine": (TRAINER, "trainer: {num_nodes: 0}", 11, ["trainer.num_nodes: expected at least 1, got 0"]),
    "unknown profiler": (TRAINER, "trainer: {profiler: simpel}", 11, ["trainer.profiler", "did you mean 'simple'"]),
    "name that is a number": ("name: toy", "name: 12", 9, ["run.name: expected text, got 12"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_value_is_refused_with_file_and_line(shell, case):
    old, new, line, said = CASES[case]
    recipe = shell.text((old, new))
    place = f"{recipe}:{line}: " if line else f"{recipe}: "
    message = shell.refuses_fit(recipe, *said)
    assert message.startswith(f"gan-lightning: {place}")


def test_without_a_close_name_all_are_listed(shell):
    shell.refuses_fit(shell.text(("loss: hinge", "loss: xyz")), "choose from: cramer, ", "hinge, ", "wasserstein")


def test_a_wrong_value_of_a_list_names_its_place(shell):
    recipe = shell.text(("train: {steps: 12}", "train: {steps: 12}\npenalties:\n  - r1\n  - name: r2d2"))
    shell.refuses_fit(recipe, f"{recipe}:10: penalties[1]: there is no penalty 'r2d2'")

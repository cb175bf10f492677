"""What this distribution provides; torch is imported when a component is first used."""

from gan_lightning.hookspecs import hookimpl


@hookimpl
def losses() -> dict[str, str]:
    """Adversarial losses."""
    return {
        "cramer": "gan_lightning_losses.adversarial.cramer:Cramer",
        "dual_contrastive": "gan_lightning_losses.adversarial.dual_contrastive:DualContrastive",
        "energy": "gan_lightning_losses.adversarial.energy:Energy",
        "f_gan": "gan_lightning_losses.adversarial.f_gan:FGAN",
        "fisher": "gan_lightning_losses.adversarial.fisher:Fisher",
        "hinge": "gan_lightning_losses.adversarial.hinge:Hinge",
        "least_squares": "gan_lightning_losses.adversarial.least_squares:LeastSquares",
        "loss_sensitive": "gan_lightning_losses.adversarial.loss_sensitive:LossSensitive",
        "minimax": "gan_lightning_losses.adversarial.minimax:Minimax",
        "mmd": "gan_lightning_losses.adversarial.mmd:MMD",
        "multi_hinge": "gan_lightning_losses.adversarial.multi_hinge:MultiHinge",
        "non_saturating": "gan_lightning_losses.adversarial.non_saturating:NonSaturating",
        "realness": "gan_lightning_losses.adversarial.realness:Realness",
        "relativistic": "gan_lightning_losses.adversarial.relativistic:Relativistic",
        "relativistic_average": "gan_lightning_losses.adversarial.relativistic_average:RelativisticAverage",
        "sphere": "gan_lightning_losses.adversarial.sphere:Sphere",
        "wasserstein": "gan_lightning_losses.adversarial.wasserstein:Wasserstein",
    }


@hookimpl
def penalties() -> dict[str, str]:
    """Extra terms, and rules without a term."""
    return {
        "apa": "gan_lightning_losses.penalties.apa:APA",
        "auxiliary_classifier": "gan_lightning_losses.penalties.auxiliary_classifier:AuxiliaryClassifier",
        "balanced_consistency": "gan_lightning_losses.penalties.consistency:BalancedConsistency",
        "consistency": "gan_lightning_losses.penalties.consistency:Consistency",
        "consistency_term": "gan_lightning_losses.penalties.consistency_term:ConsistencyTerm",
        "contrastive_2c": "gan_lightning_losses.penalties.contrastive_2c:ConditionalContrastive",
        "d2d_ce": "gan_lightning_losses.penalties.d2d_ce:DataToDataCrossEntropy",
        "dragan": "gan_lightning_losses.penalties.dragan:DRAGAN",
        "drift": "gan_lightning_losses.penalties.drift:Drift",
        "feature_matching": "gan_lightning_losses.penalties.feature_matching:FeatureMatching",
        "freeze_discriminator": "gan_lightning_losses.penalties.freeze_discriminator:FreezeDiscriminator",
        "gradient_penalty": "gan_lightning_losses.penalties.gradient_penalty:GradientPenalty",
        "historical_averaging": "gan_lightning_losses.penalties.historical_averaging:HistoricalAveraging",
        "latent_consistency": "gan_lightning_losses.penalties.latent_consistency:LatentConsistency",
        "latent_optimization": "gan_lightning_losses.penalties.latent_optimization:LatentOptimization",
        "latent_spread": "gan_lightning_losses.penalties.latent_consistency:LatentSpread",
        "lecam": "gan_lightning_losses.penalties.lecam:LeCam",
        "max_gp": "gan_lightning_losses.penalties.max_gp:MaxGradientPenalty",
        "orthogonal": "gan_lightning_losses.penalties.orthogonal:Orthogonal",
        "orthogonal_discriminator": "gan_lightning_losses.penalties.orthogonal:OrthogonalDiscriminator",
        "path_length": "gan_lightning_losses.penalties.path_length:PathLength",
        "pulling_away": "gan_lightning_losses.penalties.pulling_away:PullingAway",
        "r1": "gan_lightning_losses.penalties.r1:R1",
        "r2": "gan_lightning_losses.penalties.r2:R2",
        "self_supervised": "gan_lightning_losses.penalties.self_supervised:SelfSupervised",
        "top_k": "gan_lightning_losses.penalties.top_k:TopK",
        "weight_clipping": "gan_lightning_losses.penalties.weight_clipping:WeightClipping",
        "wgan_div": "gan_lightning_losses.penalties.wgan_div:WGANDiv",
        "zero_centered": "gan_lightning_losses.penalties.zero_centered:ZeroCentered",
    }


@hookimpl
def augmentations() -> dict[str, str]:
    """Differentiable transforms of what the discriminator sees."""
    return {
        "ada": "gan_lightning_losses.augmentations.ada:ADA",
        "diffaugment": "gan_lightning_losses.augmentations.diffaugment:DiffAugment",
        "instance_noise": "gan_lightning_losses.augmentations.instance_noise:InstanceNoise",
    }


@hookimpl
def games() -> dict[str, str]:
    """Two-player games in which the generator's turn is another one."""
    return {
        "mode_regularised": "gan_lightning_losses.games.mode_regularised:ModeRegularised",
        "unrolled": "gan_lightning_losses.games.unrolled:Unrolled",
    }


@hookimpl
def architectures() -> dict[str, str]:
    """An encoder for games that have one, and a discriminator whose opinion is an energy."""
    return {
        "mlp_autoencoder": "gan_lightning_losses.architectures.mlp_autoencoder:MLP_AUTOENCODER",
        "mlp_encoder": "gan_lightning_losses.architectures.mlp_encoder:MLP_ENCODER",
    }

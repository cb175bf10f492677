"""Studies: which change cures vanishing gradients, poor images and missing modes, answered by measurement.

A study plays the same networks on the same data for the same time and changes one thing at a time. Its YAML names the
variants, the seeds and what is measured; every (measurement, variant, seed) is a job with a folder of its own.
"""

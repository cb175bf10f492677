"""Other libraries, each trained by its own Trainer; none is required.

They are given the work's samples as floats in memory, which is the fastest that their DataLoader can be, and the work's
own networks where they have none of that shape.
"""

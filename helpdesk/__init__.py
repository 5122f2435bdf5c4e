"""The project. Whatever of it runs imports this first."""

import gc

# What a start imports stays. Python looks for cycles among it after each 700 new objects: a sixth
# of the start, and later 7 % of a turn, which makes some hundred short-lived ones.
gc.set_threshold(20_000, 20, 20)

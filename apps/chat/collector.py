"""Python's collector of garbage, in processes that hold many conversations."""

import gc


def spare() -> None:
    """What is loaded now stays: taken out of every collection. Once in a process: looking through
    everything takes a fifth of a second, and what comes later is little."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()

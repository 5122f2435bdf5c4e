"""Python's collector of garbage, in processes that hold many conversations."""

import gc


def spare() -> None:
    """What is loaded now stays: taken out of every collection."""
    gc.collect()
    gc.freeze()

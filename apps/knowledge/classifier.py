"""A linear classifier over an index's own phrasings, trained when the index is built."""

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.postings import Floats

# Multinomial logistic regression in its dual form, by Newton steps with Böhning's fixed bound on
# the Hessian (Böhning 1992): no line search, the same result every time. Ridge strength and steps
# are flat around these values on BANKING77, ABCD and CrossWOZ at 1 to 10 phrasings per entry.
RIDGE = 0.1
STEPS = 40


def softmax(logits: Floats) -> Floats:
    """Row-wise softmax of (..., classes)."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def fit(kernel: Floats, owners: NDArray[np.int32], classes: int) -> Floats:
    """Dual weights (classes, phrasings): times a query's similarities they are its logits.

    `kernel` (phrasings, phrasings) holds the phrasings' cosines, `owners` each one's class.
    """
    size = len(owners)
    wanted = np.zeros((size, classes), np.float32)
    wanted[np.arange(size), owners] = 1
    bound = np.linalg.inv(kernel / 2 + RIDGE * np.eye(size, dtype=np.float32))
    dual = np.zeros_like(wanted)
    for _ in range(STEPS):
        dual -= bound @ (softmax(kernel @ dual) - wanted + RIDGE * dual)
    return np.ascontiguousarray(dual.T)

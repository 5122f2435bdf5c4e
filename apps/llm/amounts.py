"""Amounts as people write them."""

from decimal import Decimal


def plain(number: Decimal) -> str:
    """Without the zeros that a column of many places adds."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

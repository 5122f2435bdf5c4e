"""Recognisers: values of slots in what visitors write."""

from apps.engine.recognise.parsing import parse

__all__ = ["parse"]

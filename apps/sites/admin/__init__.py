"""Where staff set up their sites."""

from apps.sites.admin import sites

__all__ = ["sites"]

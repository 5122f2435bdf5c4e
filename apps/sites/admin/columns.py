"""What lists of other apps' rows tell of their site."""

from apps.sites.models import Site


def with_site(columns: list[str]) -> list[str]:
    """The columns of a list, with the site in the second place where there are several."""
    first, *others = columns
    return [first, "site", *others] if Site.objects.count() > 1 else columns

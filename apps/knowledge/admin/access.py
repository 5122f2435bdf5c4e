"""Who may do what with an entry."""

from django.http import HttpRequest

from apps.knowledge.models import Faq


def may_publish(request: HttpRequest) -> bool:
    return request.user.has_perm("knowledge.publish_faq")


def may_touch(request: HttpRequest, faq: Faq | None) -> bool:
    """Whether the entry is not live, or the user may change what is live."""
    return faq is None or not faq.is_live or may_publish(request)


def may_review(request: HttpRequest) -> bool:
    return may_publish(request) and request.user.has_perm("knowledge.change_faq")


def may_read(request: HttpRequest) -> bool:
    return any(request.user.has_perm(f"knowledge.{verb}_faq") for verb in ("view", "change"))

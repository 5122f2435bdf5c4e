"""Answers in templates: `{% load marks %}`, then `{{ text|rendered }}`."""

from django import template

from apps.knowledge import marks

register = template.Library()
register.filter("rendered", marks.rendered)
register.filter("without_marks", marks.plain)

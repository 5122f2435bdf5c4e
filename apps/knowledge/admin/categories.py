"""Categories in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.knowledge.models import Category
from apps.sites.admin.chosen import BeginsWithSite


@admin.register(Category)
class CategoryAdmin(BeginsWithSite):
    list_display = ["name_en", "name_zh_hans", "slug", "site", "position"]
    list_filter = ["site"]
    list_select_related = ["site"]
    search_fields = ["name_en", "name_zh_hans", "slug"]
    fields = ["site", ("name_en", "name_zh_hans"), ("slug", "position")]
    prepopulated_fields = {"slug": ["name_en"]}
    compressed_fields = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A category stays with its site: its entries would be left behind otherwise."""
        return ["site"] if obj else []

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Any = None
    ) -> dict[str, list[str]]:
        return {} if obj else self.prepopulated_fields

"""What an entry must be like before it is stored."""

from datetime import datetime, time
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.knowledge.contents import LENGTHS, PHRASINGS_AT_MOST, Content, phrasings_of
from apps.knowledge.models import Category, Faq
from apps.knowledge.sheets.problems import sentence
from apps.knowledge.similar import live_twin
from apps.sites.models import Site


class MomentField(forms.SplitDateTimeField):
    """A day without a time is its first moment, as in a file that is imported."""

    def compress(self, data_list: Any) -> datetime | None:
        if data_list and data_list[0] and data_list[1] in self.empty_values:
            data_list = [data_list[0], time.min]
        return super().compress(data_list)


class FaqForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    """`proposes` is set by the admin where the entry is live and its editor may not publish: the
    form then starts from the change that waits, and what is sent becomes one.

    `opened_on` is the entry's stamp when the form was opened. `collided` tells that somebody else
    stored the entry since; the next sending is then compared with what they stored.
    """

    proposes = False
    collided = False
    phrasings = forms.CharField(
        label=_("Phrasings"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget({"rows": 7}),
        help_text=_(
            "One per line: 5–10 ways in which visitors really ask it, short and long, in other "
            "words."
        ),
    )
    opened_on = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Faq
        fields: list[str] = []  # the admin's fieldsets say which
        widgets = {"answer": UnfoldAdminTextareaWidget({"rows": 6})}
        help_texts = {
            "answer": _(
                "**bold** and `code` work; lines that begin with “- ” become a list. Write links "
                "as plain addresses: https://shop.example/returns"
            ),
            "valid_from": _("A day without a time counts from its first moment."),
            "valid_until": _(
                "A day without a time ends at its first moment: to include the 31st, choose the 1st."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        faq = kwargs.get("instance")
        if faq and faq.pk:
            kwargs["initial"] = {**self._opened(faq), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if "category" in self.fields:
            self._offer_categories(faq.site_id if faq and faq.pk and self.proposes else None)

    def current(self) -> Content:
        """What the form starts from: the change that waits, or the entry as it is stored."""
        faq = Faq.objects.get(pk=self.instance.pk)
        proposal = getattr(faq, "proposal", None) if self.proposes else None
        return Content.from_json(proposal.content) if proposal else Content.stored(faq)

    def clean_phrasings(self) -> tuple[str, ...]:
        """One phrasing a line; blank lines are none."""
        lines = [" ".join(line.split()) for line in self.cleaned_data["phrasings"].splitlines()]
        texts = [line for line in lines if line]
        seen: set[str] = set()
        for text in texts:
            if len(text) > LENGTHS["phrasings"]:
                self.add_error("phrasings", _("Longer than 300 characters: “%s…”") % text[:60])
            if text.casefold() in seen:
                self.add_error("phrasings", _("“%(text)s” stands here twice.") % {"text": text})
            seen.add(text.casefold())
        if len(texts) > PHRASINGS_AT_MOST:
            count = {"count": len(texts), "limit": PHRASINGS_AT_MOST}
            self.add_error("phrasings", _("%(count)s phrasings; at most %(limit)s fit.") % count)
        return tuple(texts)

    def clean_source_url(self) -> str:
        """What an import takes as well: a page that visitors can open."""
        url: str = self.cleaned_data["source_url"]
        if url and not url.lower().startswith(("http://", "https://")):
            raise forms.ValidationError(sentence("url", {}))
        return url

    def clean(self) -> dict[str, Any]:
        """Site, category, language and translation must fit together."""
        cleaned = super().clean() or self.cleaned_data
        site = cleaned.get("site") or getattr(self.instance, "site", None)
        language = cleaned.get("language") or self.instance.language
        if site:
            self._check_language(site, language)
            self._check_category(site)
            self._check_translation(site, language)
            if not self.instance.pk:
                self._check_twin(site, language)
        if self.instance.pk:
            self._check_collision()
        return cleaned

    def _offer_categories(self, site: int | None) -> None:
        """Those of the site; where it can still be chosen among several, all under their sites, the
        one that is chosen first."""
        field = cast("forms.ModelChoiceField[Category]", self.fields["category"])
        rows = Category.objects.select_related("site").order_by("site__name", "position", "slug")
        rows = rows.filter(site=site) if site else rows
        chosen = self.initial.get("site")
        own = str(getattr(chosen, "pk", chosen))
        groups: dict[str, list[tuple[Any, str]]] = {}
        for row in sorted(rows, key=lambda row: str(row.site_id) != own):
            groups.setdefault(row.site.name, []).append((row.pk, str(row)))
        blank = [("", field.empty_label or "")]
        if site or Site.objects.count() < 2:
            field.choices = [*blank, *(choice for group in groups.values() for choice in group)]
        else:
            field.choices = [*blank, *groups.items()]

    def _opened(self, faq: Faq) -> dict[str, Any]:
        initial: dict[str, Any] = {"opened_on": faq.stamp()}
        proposal = getattr(faq, "proposal", None) if self.proposes else None
        if not proposal:
            return initial | {"phrasings": "\n".join(phrasings_of(faq))}
        content = Content.from_json(proposal.content)
        return initial | content.as_json() | {"phrasings": "\n".join(content.phrasings)}

    def _check_collision(self) -> None:
        now = self.instance.stamp()
        if self.data.get("opened_on", now) == now:
            return
        self.collided = True
        sent: Any = cast("QueryDict", self.data).copy()
        sent["was_opened_on"], sent["opened_on"] = sent["opened_on"], now
        self.data = sent
        self.add_error(
            None,
            _(
                "Somebody else saved this entry while you were editing it. Nothing you typed is "
                "lost: compare below, then save again to keep your text, or change it first."
            ),
        )

    def _check_twin(self, site: Site, language: str) -> None:
        question = self.cleaned_data.get("question")
        if not question:
            return
        twin = live_twin(site_id=site.pk, language=language, question=question, besides=None)
        if twin:
            link = format_html(
                '<a class="text-link" href="{}">{}</a>',
                reverse("admin:knowledge_faq_change", args=[twin.pk]),
                twin.question,
            )
            message = _("A live entry already answers this question: {entry}. Change that one.")
            self.add_error("question", format_html(str(message), entry=link))

    def _check_language(self, site: Site, language: str | None) -> None:
        if language and language not in site.languages:
            self.add_error(
                None if self.proposes else "language",
                _("The site “%(site)s” does not speak this language.") % {"site": site.name},
            )

    def _check_category(self, site: Site) -> None:
        category = self.cleaned_data.get("category")
        if category and category.site_id != site.pk:
            self.add_error(
                "category",
                _("This category belongs to the site “%(site)s”. Choose one of “%(own)s”, or none.")
                % {"site": category.site.name, "own": site.name},
            )

    def _check_translation(self, site: Site, language: str | None) -> None:
        original = self.cleaned_data.get("translation_of")
        if original and (problem := self._misfit(original, site, language)):
            self.add_error("translation_of", problem)

    def _misfit(self, original: Faq, site: Site, language: str | None) -> Any:
        """Why it cannot be the source of this entry; None when it can."""
        if original.pk == self.instance.pk:
            return _("An entry cannot be its own translation.")
        if original.site_id != site.pk:
            return _("That entry belongs to the site “%(site)s”.") % {"site": original.site.name}
        if original.language == language:
            return _("That entry is in the same language.")
        if original.translation_of_id:
            source = original.translation_of
            return _("That entry is a translation itself: choose “%(source)s”.") % {
                "source": source
            }
        if self.instance.pk and self.instance.translations.exists():
            return _("This entry has translations of its own, so it cannot be one.")
        others = original.translations.filter(language=language).exclude(pk=self.instance.pk or 0)
        if other := others.first():
            return _("That entry is translated into this language already: “%(other)s”.") % {
                "other": other
            }
        return None

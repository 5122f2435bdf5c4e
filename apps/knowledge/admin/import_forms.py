"""What is chosen with a file of entries, and which of its columns is which."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from apps.knowledge.models import Faq, FaqImport
from apps.knowledge.sheets.columns import NEEDED
from apps.knowledge.sheets.delimited import ENCODINGS
from apps.knowledge.sheets.files import TYPES
from apps.knowledge.sheets.problems import TITLES
from apps.sites.models import LANGUAGES, Site

DETECT = ("", _("Find out"))


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("file"),
        allow_empty_file=True,  # told in a sentence of ours
        max_length=None,
        widget=forms.FileInput({"accept": ",".join(TYPES), "class": "hd-file"}),
    )
    site = forms.ModelChoiceField(
        Site.objects.all(), label=_("site"), widget=UnfoldAdminSelectWidget(), empty_label=None
    )
    language = forms.ChoiceField(
        label=_("language"),
        choices=LANGUAGES,
        help_text=_("For rows that do not name one."),
        widget=UnfoldAdminSelectWidget(),
    )
    status = forms.ChoiceField(
        label=_("status of new entries"),
        choices=Faq.Status.choices,
        help_text=_("For rows that do not name one."),
        widget=UnfoldAdminSelectWidget(),
    )
    existing = forms.ChoiceField(
        label=_("entries that exist"),
        choices=FaqImport.Existing.choices,
        initial=FaqImport.Existing.SKIP,
        help_text=_("An entry is the same if its number is, or else its language and question."),
        widget=forms.RadioSelect({"class": "hd-radio"}),
    )
    encoding = forms.ChoiceField(
        label=_("encoding"),
        required=False,
        choices=[DETECT, *ENCODINGS.items()],
        help_text=_("Of CSV files. Choose one if the preview shows wrong characters."),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, may_publish: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        if not may_publish:
            offered = [choice for choice in Faq.Status.choices if choice[0] != Faq.Status.LIVE]
            status = self.fields["status"]
            assert isinstance(status, forms.ChoiceField)  # declared so above
            status.choices = offered

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        site, language = cleaned.get("site"), cleaned.get("language")
        if site and language and language not in site.languages:
            self.add_error(
                "language",
                _("The site “%(site)s” does not speak this language.") % {"site": site.name},
            )
        return cleaned


class EncodingForm(forms.Form):
    encoding = forms.ChoiceField(
        label=_("encoding"),
        choices=list(ENCODINGS.items()),
        widget=UnfoldAdminSelectWidget(),
    )


class ColumnsForm(forms.Form):
    """A choice for each of our columns among the headings of the file."""

    def __init__(
        self, *args: Any, headings: list[str], found: dict[str, int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        numbered = [(str(n), text or f"({n + 1})") for n, text in enumerate(headings)]
        for name, title in TITLES.items():
            is_needed = name in NEEDED
            self.fields[name] = forms.ChoiceField(
                label=str(title),
                required=is_needed,
                initial=found.get(name, ""),
                choices=[("", _("Choose…") if is_needed else _("Not in the file")), *numbered],
                widget=UnfoldAdminSelectWidget(),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        taken: dict[str, str] = {}
        for name, number in list(cleaned.items()):
            if number and number in taken:
                other = {"column": str(TITLES[taken[number]])}
                self.add_error(name, _("Chosen for “%(column)s” already.") % other)
            taken[number] = name
        return cleaned

    def chosen(self) -> dict[str, int]:
        return {name: int(number) for name, number in self.cleaned_data.items() if number}

"""What staff pages say around rows: ages, names of groups, links to what may be gone."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone, translation

from apps.knowledge.models import Faq
from helpdesk.roles import provide_roles
from helpdesk.templatetags.staff import ago
from tests.staff import form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db


def test_a_moment_ago_is_no_number_of_minutes():
    now = timezone.now()
    assert ago(now) == "just now"
    assert ago(now - timedelta(minutes=5)).replace("\xa0", " ") == "5 minutes ago"


def test_a_recent_action_leads_nowhere_once_its_row_is_gone(site):
    user = olga()
    faq = Faq.objects.create(site=site, language="en", question="Where?", answer="Here.")
    path = page("knowledge_faq_change", faq.pk)
    kind = ContentType.objects.get_for_model(Faq)
    for object_id, flag in [(str(faq.pk), ADDITION), ("x", ADDITION), (str(faq.pk), DELETION)]:
        LogEntry.objects.create(
            user=user,
            content_type=kind,
            object_id=object_id,
            object_repr="Where?",
            action_flag=flag,
        )
    client = signed_in(user)
    assert client.get(reverse("admin:index")).content.decode().count(f'"{path}"') == 1
    faq.delete()
    html = client.get(reverse("admin:index")).content.decode()
    assert path not in html
    assert "Where?" in texts(html)


def test_a_group_is_named_in_the_readers_language_and_stays_what_it_is():
    provide_roles()
    group = Group.objects.get(name="Operators")
    client = signed_in(olga(), "zh-hans")
    path = page("auth_group_change", group.pk)
    response = client.get(path)
    with translation.override("zh-hans"):
        chinese = translation.gettext("Operators")
    assert form_data(response)["name"] == chinese
    assert "Operators" not in texts(response.content.decode())
    client.post(path, {"name": chinese, "permissions": []})
    assert Group.objects.get(pk=group.pk).name == "Operators"
    client.post(path, {"name": "前台", "permissions": []})
    assert Group.objects.get(pk=group.pk).name == "前台"


def test_no_name_stands_twice_above_a_list(site):
    said = texts(signed_in(olga()).get(page("sites_site_add")).content.decode())
    header = said[said.index("Sites", said.index("Groups")) :]
    assert header[1] != "Sites"


def test_after_a_new_password_there_is_a_way_on():
    html = signed_in(olga()).get(reverse("admin:password_change_done")).content.decode()
    assert "To the overview" in texts(html)

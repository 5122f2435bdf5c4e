"""An error page speaks the reader's language first."""

import re

import pytest

FIRST = {"en": "There is nothing at this address.", "zh-hans": "这个地址下没有内容。"}


@pytest.mark.parametrize("language", FIRST)
def test_the_readers_language_stands_first(client, language):
    page = client.get("/nowhere/", headers={"accept-language": language}).content.decode()
    assert f'<html lang="{language}">' in page
    assert re.findall("<h1>(.*?)</h1>", page) == [FIRST[language]]
    [other] = set(FIRST) - {language}
    assert re.findall("<h2>(.*?)</h2>", page) == [FIRST[other]]

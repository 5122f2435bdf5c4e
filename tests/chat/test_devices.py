"""What browsers call themselves, in words."""

import pytest
from django.utils import translation

from apps.chat.devices import device, language

LIKE = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {APPLE}"
ANDROID = f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {LIKE}"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"{WINDOWS} {LIKE} Chrome/126.0.0.0 Safari/537.36", "Chrome 126 · Windows"),
        (f"{WINDOWS} {LIKE} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68", "Edge 126 · Windows"),
        (f"{WINDOWS} {LIKE} Chrome/124.0.0.0 Safari/537.36 OPR/110.0.0.0", "Opera 110 · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox 127 · Linux"),
        (f"{MAC} {APPLE} Version/17.5 Safari/605.1.15", "Safari 17 · macOS"),
        (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", "Safari 17 · iPhone"),
        (f"{IPHONE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1", "Chrome 126 · iPhone"),
        (f"{ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome 126 · Android"),
        (
            f"{ANDROID} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "Samsung Internet 25 · Android",
        ),
        (f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.49", "WeChat 8 · iPhone"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)", "ChromeOS"),
        ("a fridge", "a fridge"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_device_has_a_name(agent, words):
    assert device(agent) == words


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh-Hans", "Simplified Chinese"),
        ("zh-CN", "Simplified Chinese"),
        ("en", "English"),
        ("de_AT", "German"),
        ("x-klingon", "x-klingon"),
        ("", ""),
    ],
)
def test_a_language_has_a_name(locale, words):
    assert language(locale) == words


def test_in_the_readers_language():
    with translation.override("zh-hans"):
        assert language("en") == "英语"

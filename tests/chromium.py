"""The browser of the tests: all of it that a page can meet, and little of what a person at a screen sees
around one."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

# Sockets come back after a wait that is drawn at random, and pages are slow on a busy machine. For
# what a context does as well: `set_default_timeout`.
PATIENCE_MS = 45_000
# Each new window would load two pages of the browser's own, for what drops down from the address bar,
# and a process for the next page: half of what a test's context costs.
WINDOW = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"]
# What Playwright turns off as well: the last list that a browser is given is the one it takes.
PLAYWRIGHTS = [
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(PLAYWRIGHTS + WINDOW)}",
]


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    """The browser at `path`. While it runs, the thread has a loop, and async tests cannot."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()

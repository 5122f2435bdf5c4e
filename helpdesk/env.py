"""Typed readers of environment variables. A bad value stops the start with one sentence."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

Network = IPv4Network | IPv6Network

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


def text(name: str, default: str | None = None, *, source: Mapping[str, str] = os.environ) -> str:
    """The value of `name`, or of the file that `name`_FILE points at, or the default.

    Raises ImproperlyConfigured if all three are missing or the file cannot be read.
    """
    if name in source:
        return source[name]
    if file := source.get(f"{name}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE: cannot read {file}: {error.strerror}."
            ) from error
        except UnicodeDecodeError:
            raise ImproperlyConfigured(f"{name}_FILE: {file} holds no UTF-8 text.") from None
    if default is None:
        raise ImproperlyConfigured(f"Set the environment variable {name} (or {name}_FILE).")
    return default


def flag(name: str, *, default: bool, source: Mapping[str, str] = os.environ) -> bool:
    """1, true, yes, on or 0, false, no, off. Raises ImproperlyConfigured for anything else."""
    value = text(name, "on" if default else "off", source=source).strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")


def number(
    name: str,
    default: float,
    *,
    least: float = 0,
    most: float = float("inf"),
    source: Mapping[str, str] = os.environ,
) -> float:
    """A number from `least` to `most`. Raises ImproperlyConfigured outside of it."""
    value = text(name, str(default), source=source)
    try:
        parsed = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.") from error
    if not least <= parsed <= most:
        raise ImproperlyConfigured(f"{name} must be from {least:g} to {most:g}, not {parsed:g}.")
    if not math.isfinite(parsed):
        raise ImproperlyConfigured(f"{name} must be a finite number, not {value!r}.")
    return parsed


def whole(
    name: str,
    default: int,
    *,
    least: int = 0,
    most: float = float("inf"),
    source: Mapping[str, str] = os.environ,
) -> int:
    """A whole number from `least` to `most`. Raises ImproperlyConfigured outside of it."""
    parsed = number(name, default, least=least, most=most, source=source)
    if parsed != int(parsed):
        raise ImproperlyConfigured(f"{name} must be a whole number, not {parsed:g}.")
    return int(parsed)


def words(name: str, default: str = "", *, source: Mapping[str, str] = os.environ) -> list[str]:
    """Comma-separated words without blanks around them; empty ones are dropped."""
    return [
        word for part in text(name, default, source=source).split(",") if (word := part.strip())
    ]


def networks(name: str, *, source: Mapping[str, str] = os.environ) -> tuple[Network, ...]:
    """Comma-separated CIDR blocks. Raises ImproperlyConfigured naming the bad one."""
    found = []
    for word in words(name, source=source):
        try:
            found.append(ip_network(word, strict=False))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name}: {word!r} is no network such as 10.0.0.0/8."
            ) from error
    return tuple(found)


def origins(name: str, *, source: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Comma-separated web origins, such as https://chat.example, lower case, no path."""
    found = []
    for word in words(name, source=source):
        parts = _split(word)
        bare = parts and parts.geturl().rstrip("/") == f"{parts.scheme}://{parts.netloc}"
        if not parts or not bare or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
            raise ImproperlyConfigured(
                f"{name}: {word!r} is no origin such as https://chat.example."
            )
        found.append(f"{parts.scheme}://{parts.netloc}".lower())
    return tuple(found)


def _split(url: str) -> SplitResult | None:
    """The parts of a URL with a host and a port that can be; None for anything else."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None


def database(name: str, url: str, **options: object) -> dict[str, object]:
    """Django's DATABASES entry for a postgresql:// URL; ?host=/dir names a socket folder.
    `options` are added to those in the query; of PostgreSQL's own (`options`) the query's win.

    Raises ImproperlyConfigured (without the password in it) when the URL cannot be used.
    """
    refusal = ImproperlyConfigured(
        f"{name} must look like postgresql://user:password@host:5432/database; "
        "write other characters of a password as %40, %2F and so on."
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Its message holds the address with the password.
        raise refusal from None
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise refusal
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if "options" in asked:
        # PostgreSQL takes the last one of the same name.
        asked["options"] = f"{options.pop('options', '')} {asked['options']}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": asked.pop("host", None) or parts.hostname or "",
        "PORT": str(port or ""),
        "OPTIONS": {**asked, **options},
    }


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server; an empty host means that there is none. At most one of the two is true:
    `use_tls` begins in the clear and asks for STARTTLS, `use_ssl` speaks TLS from the start."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False


def mail_server(name: str, url: str, password: str = "") -> MailServer:
    """Reads smtp://user:password@host:587 (STARTTLS), smtps://host:465 (TLS from the start) or
    smtp://host:25?tls=off; `password` is used if the URL holds none.

    Raises ImproperlyConfigured (without the password in it) when the URL cannot be used.
    """
    if not url.strip():
        return MailServer()
    parts = _split(url.strip())
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()} if parts else {}
    clear = asked == {"tls": "off"}
    known = parts and parts.scheme in {"smtp", "smtps"} and parts.path in {"", "/"}
    if not parts or not known or (asked and not clear) or (clear and parts.scheme == "smtps"):
        raise ImproperlyConfigured(
            f"{name} must look like smtp://user:password@host:587 (STARTTLS), smtps://host:465 or "
            "smtp://host:25?tls=off; write other characters of a password as %40, %2F and so on."
        )
    secure = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname or "",
        port=parts.port or (465 if secure else 25 if clear else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or "") or password,
        use_tls=not secure and not clear,
        use_ssl=secure,
    )


def broker(url: str) -> str:
    """Celery's spelling of a redis-py URL: a socket is redis+socket://, not unix://."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    secret = f":{parts.password}@" if parts.password else ""
    number_of = parse_qs(parts.query).get("db", ["0"])[-1]
    return f"redis+socket://{secret}{parts.path}?virtual_host={number_of}"

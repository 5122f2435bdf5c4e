"""Servers of others, named in DATABASE_URL and REDIS_URL: do they answer?"""

from urllib.parse import unquote, urlsplit

import psycopg
import redis

from helpdesk.places import StartError

PATIENCE_SECONDS = 5


def check_database(url: str) -> None:
    """Raises StartError, without the password, if no PostgreSQL lets us in at the URL."""
    try:
        psycopg.connect(url, connect_timeout=PATIENCE_SECONDS).close()
    except psycopg.Error as error:
        raise StartError(_sentence("PostgreSQL", "DATABASE_URL", url, error)) from None


def check_redis(url: str) -> None:
    """Raises StartError, without the password, if no Redis lets us in at the URL."""
    try:
        with redis.from_url(url, socket_connect_timeout=PATIENCE_SECONDS) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise StartError(_sentence("Redis", "REDIS_URL", url, error)) from None


def _sentence(what: str, name: str, url: str, error: Exception) -> str:
    """Only a reason that follows "failed:" is repeated: others can quote parts of a bad URL."""
    _what, failed, reason = str(error).partition("\n")[0].rpartition("failed: ")
    if not failed or "@" in url.rpartition("@")[0]:
        reason = "the address does not work"
    elif secret := urlsplit(url).password:
        reason = reason.replace(secret, "***").replace(unquote(secret), "***")
    return f"The {what} of {name} cannot be reached: {reason.rstrip('.')}."

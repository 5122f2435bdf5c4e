"""Databases beside the one that a server's URL names."""

from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

# Those to copy, where a server has them: with all tables, and with the demo shop in these.
TABLES, SHOP = "seed_tables", "seed_shop"


def beside(url: str, name: str) -> str:
    """The URL of the database `name` on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def has(url: str, name: str) -> bool:
    with psycopg.connect(url, autocommit=True) as server:
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return known.fetchone() is not None


def create(url: str, name: str, template: str) -> bool:
    """Makes the database anew: a copy of `template`, or with no tables where there is none. Returns
    whether it is a copy."""
    is_copy = has(url, template)
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    source = template if is_copy else "template1"
    drop(url, name)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(made.format(sql.Identifier(name), sql.Identifier(source)))
    return is_copy


def drop(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        gone = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        server.execute(gone.format(sql.Identifier(name)))

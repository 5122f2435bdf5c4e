"""Every reader of the environment: a bad value is one sentence that names the variable and never
the secret in it."""

import ast
import inspect
import traceback
from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured

from helpdesk import env, limits


def refused(reader, *arguments, value=None, **more):
    """The sentence with which a reader refuses a value."""
    if value is not None:
        more["source"] = {"X": value}
    with pytest.raises(ImproperlyConfigured) as error:
        reader(*arguments, **more)
    return str(error.value)


class TestText:
    def test_the_variable_comes_before_the_file_and_the_default(self, tmp_path):
        file = tmp_path / "x"
        file.write_text("from the file")
        both = {"X": "from the variable", "X_FILE": str(file)}
        assert env.text("X", "default", source=both) == "from the variable"
        assert env.text("X", "default", source={"X": "", "X_FILE": str(file)}) == ""
        assert env.text("X", "default", source={"X_FILE": str(file)}) == "from the file"
        assert env.text("X", "default", source={}) == "default"

    def test_a_file_is_read_without_the_blanks_around_it(self, tmp_path):
        (tmp_path / "x").write_text(" pässword \n", encoding="utf-8")
        assert env.text("X", source={"X_FILE": str(tmp_path / "x")}) == "pässword"

    def test_an_empty_file_name_is_no_file(self):
        assert env.text("X", "default", source={"X_FILE": ""}) == "default"

    def test_what_is_missing_is_named_with_both_ways_to_set_it(self):
        assert refused(env.text, "X", source={}) == "Set the environment variable X (or X_FILE)."

    def test_a_file_that_cannot_be_read_is_named_with_the_reason(self, tmp_path):
        sentence = refused(env.text, "X", source={"X_FILE": str(tmp_path / "gone")})
        assert sentence == f"X_FILE: cannot read {tmp_path / 'gone'}: No such file or directory."

    @pytest.mark.parametrize("content", [b"\xff\xfesecret", b"\x80"])
    def test_a_file_that_holds_no_text_is_named(self, tmp_path, content):
        (tmp_path / "x").write_bytes(content)
        sentence = refused(env.text, "X", source={"X_FILE": str(tmp_path / "x")})
        assert "X_FILE" in sentence
        assert "secret" not in sentence


class TestFlag:
    @pytest.mark.parametrize("value", ["1", "true", "TRUE", "Yes", " on "])
    def test_on(self, value):
        assert env.flag("X", default=False, source={"X": value}) is True

    @pytest.mark.parametrize("value", ["0", "false", "No", "OFF", "", " "])
    def test_off(self, value):
        assert env.flag("X", default=True, source={"X": value}) is False

    @pytest.mark.parametrize("default", [True, False])
    def test_the_default(self, default):
        assert env.flag("X", default=default, source={}) is default

    @pytest.mark.parametrize("value", ["2", "maybe", "y", "tru e"])
    def test_anything_else_is_refused(self, value):
        sentence = refused(env.flag, "X", default=True, value=value)
        assert sentence == f"X must be on or off, not {value!r}."


class TestNumber:
    @pytest.mark.parametrize(("value", "read"), [("0", 0), ("2.5", 2.5), (" 1e3 ", 1000)])
    def test_numbers(self, value, read):
        assert env.number("X", 7, source={"X": value}) == read

    def test_the_default(self):
        assert env.number("X", 0.25, source={}) == 0.25

    @pytest.mark.parametrize("value", ["", "ten", "1,5", "0x10", "1 2"])
    def test_what_is_no_number(self, value):
        assert refused(env.number, "X", 1, value=value) == f"X must be a number, not {value!r}."

    @pytest.mark.parametrize("value", ["0.5", "2"])
    def test_the_limits_belong_to_the_range(self, value):
        assert env.number("X", 1, least=0.5, most=2, source={"X": value}) == float(value)

    @pytest.mark.parametrize("value", ["0.499", "2.001", "-1", "nan", "-inf", "inf", "1e400"])
    def test_outside_of_the_limits(self, value):
        sentence = refused(env.number, "X", 1, least=0.5, most=2, value=value)
        assert sentence.startswith("X must be from 0.5 to 2, not ")

    @pytest.mark.parametrize("value", ["-0.001", "nan"])
    def test_without_limits_it_is_at_least_zero(self, value):
        assert "X must be from 0" in refused(env.number, "X", 1, value=value)

    @pytest.mark.parametrize("value", ["inf", "1e400"])
    def test_no_number_is_endless(self, value):
        assert "X" in refused(env.number, "X", 1, value=value)

    def test_a_default_outside_of_the_limits_is_refused_as_well(self):
        assert "X must be from 1" in refused(env.number, "X", 0, least=1, source={})


class TestWhole:
    @pytest.mark.parametrize(("value", "read"), [("0", 0), ("12", 12), ("12.0", 12), ("1e3", 1000)])
    def test_whole_numbers(self, value, read):
        found = env.whole("X", 7, source={"X": value})
        assert (found, type(found)) == (read, int)

    def test_a_part_is_refused(self):
        assert refused(env.whole, "X", 1, value="1.5") == "X must be a whole number, not 1.5."

    @pytest.mark.parametrize("value", ["0", "65536"])
    def test_outside_of_the_limits(self, value):
        sentence = refused(env.whole, "X", 8000, least=1, most=65535, value=value)
        assert sentence == f"X must be from 1 to 65535, not {value}."

    @pytest.mark.parametrize("value", ["inf", "nan", "1e400"])
    def test_what_no_number_reaches_is_refused_in_a_sentence(self, value):
        assert "X must be" in refused(env.whole, "X", 1, value=value)


class TestWords:
    @pytest.mark.parametrize(
        ("value", "read"),
        [("", []), (" , ,", []), ("a", ["a"]), (" a b , c,", ["a b", "c"])],
    )
    def test_words(self, value, read):
        assert env.words("X", "default", source={"X": value}) == read

    def test_the_default_is_split_as_well(self):
        assert env.words("X", "a,b", source={}) == ["a", "b"]


class TestNetworks:
    def test_addresses_and_blocks_of_both_families(self):
        found = env.networks("X", source={"X": "10.1.2.3/8, ::1, 2001:db8::/32,"})
        assert found == tuple(map(ip_network, ("10.0.0.0/8", "::1/128", "2001:db8::/32")))

    def test_none_unless_set(self):
        assert env.networks("X", source={}) == ()

    @pytest.mark.parametrize("word", ["10.0.0.0/33", "localhost", "10.0.0", "10.0.0.1-9", "::/129"])
    def test_the_bad_one_is_named(self, word):
        sentence = refused(env.networks, "X", value=f"127.0.0.1, {word}")
        assert sentence == f"X: {word!r} is no network such as 10.0.0.0/8."


class TestOrigins:
    def test_origins_are_lower_case_and_without_a_path(self):
        found = env.origins("X", source={"X": "HTTPS://Chat.Example/, http://[::1]:8000"})
        assert found == ("https://chat.example", "http://[::1]:8000")

    def test_none_unless_set(self):
        assert env.origins("X", source={}) == ()

    @pytest.mark.parametrize(
        "word",
        [
            "chat.example",
            "ftp://chat.example",
            "https://",
            "https://chat.example/path",
            "null",
            "*",
        ],
    )
    def test_what_is_no_origin_is_named(self, word):
        sentence = refused(env.origins, "X", value=word)
        assert sentence == f"X: {word!r} is no origin such as https://chat.example."

    @pytest.mark.parametrize(
        "word",
        [
            "https://[",
            "https://chat.example:99999",
            "https://ann:secret@chat.example",
            "https://chat.example?page=1",
            "https://chat.example#top",
        ],
    )
    def test_what_a_browser_never_sends_as_an_origin_is_refused(self, word):
        assert "X" in refused(env.origins, "X", value=word)


class TestDatabase:
    def read(self, url, **options):
        found = env.database("DATABASE_URL", url, **options)
        assert found.pop("ENGINE") == "django.db.backends.postgresql"
        return found

    def test_every_part_of_a_full_address(self):
        found = self.read("postgresql://ann:p%40ss%2Fword@db.example:5433/help%20desk")
        assert found == {
            "NAME": "help desk",
            "USER": "ann",
            "PASSWORD": "p@ss/word",
            "HOST": "db.example",
            "PORT": "5433",
            "OPTIONS": {},
        }

    def test_a_short_address_leaves_the_rest_to_the_driver(self):
        found = self.read("postgres:///helpdesk")
        assert {key: found[key] for key in ("USER", "PASSWORD", "HOST", "PORT")} == dict.fromkeys(
            ("USER", "PASSWORD", "HOST", "PORT"), ""
        )

    def test_a_socket_folder_in_the_query_is_the_host(self):
        assert self.read("postgresql:///x?host=/run/pg")["HOST"] == "/run/pg"

    def test_other_words_of_the_query_are_options_and_given_ones_come_on_top(self):
        found = self.read("postgresql://db/x?sslmode=require&a=1&a=2", pool=True)
        assert found["OPTIONS"] == {"sslmode": "require", "a": "2", "pool": True}

    def test_an_ipv6_host_stands_without_brackets(self):
        found = self.read("postgresql://[2001:db8::1]:5433/x")
        assert (found["HOST"], found["PORT"]) == ("2001:db8::1", "5433")

    @pytest.mark.parametrize(
        "url",
        [
            "mysql://ann:s3cret@db/x",
            "postgresql://ann:s3cret@db",
            "postgresql://ann:s3cret@db/",
            "postgresql://ann:s3cret@db:port/x",
            "postgresql://ann:s3cret@db:99999/x",
            "postgresql://ann:s3cret#more@db/x",
            "postgresql://ann:s3cret?more@db/x",
            "postgresql://ann:s3cret/more@db/x",
            "postgresql://ann:s3cret[more@db/x",
            "postgresql://ann:s3cret℀@db/x",
            "s3cret",
            "",
        ],
    )
    def test_what_cannot_be_used_is_refused_without_the_password_anywhere(self, url):
        """Nor in the traceback, which is what a failed start shows."""
        with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL") as error:
            env.database("DATABASE_URL", url)
        assert "s3cret" not in "".join(traceback.format_exception(error.value))


class TestBroker:
    @pytest.mark.parametrize("url", ["redis://h:6379/0", "rediss://:p@h/1"])
    def test_an_address_on_the_network_stays(self, url):
        assert env.broker(url) == url

    @pytest.mark.parametrize(
        ("url", "spelt"),
        [
            ("unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
            ("unix:///run/r.sock?db=3", "redis+socket:///run/r.sock?virtual_host=3"),
            ("unix://:p%2F@/r.sock?db=1", "redis+socket://:p%2F@/r.sock?virtual_host=1"),
        ],
    )
    def test_a_socket_is_spelt_as_celery_wants_it(self, url, spelt):
        assert env.broker(url) == spelt


def limits_in_the_code():
    """The names of the environment variables of limits.py, each with its class."""
    tree = ast.parse(inspect.getsource(limits))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        argument.value
        for call in calls
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and str(argument.value).startswith("HELPDESK_")
    ]


class TestLimits:
    @pytest.mark.parametrize("name", limits_in_the_code())
    def test_every_limit_is_read_and_a_bad_one_is_named(self, monkeypatch, name):
        monkeypatch.setenv(name, "a word")
        with pytest.raises(ImproperlyConfigured, match=name):
            (
                limits.ChatLimits.from_env(),
                limits.IndexTimes.from_env(),
                limits.TurnTimes.from_env(),
                limits.AttachmentLimits.from_env(),
            )

    def test_the_defaults_are_those_of_the_protocol(self, monkeypatch):
        for name in limits_in_the_code():
            monkeypatch.delenv(name, raising=False)
        chat = limits.ChatLimits.from_env()
        assert (chat.message_characters, chat.message_burst, chat.messages_per_second) == (
            4000,
            20,
            1,
        )
        assert (chat.sessions_per_hour, chat.sockets_per_address) == (30, 100)
        assert (chat.sockets_per_visitor, chat.sockets_per_process) == (3, 10_000)
        assert (chat.frame_bytes, chat.bad_frames_per_minute, chat.hello_s) == (16_384, 20, 5)
        assert (chat.token_rotate_s, chat.token_overlap_s) == (24 * 3600, 300)
        assert chat.token_life_s == 30 * 24 * 3600
        assert chat.trusted_networks == ()
        times = limits.IndexTimes.from_env()
        assert times.watch_s + times.stale_s <= 5

"""A wrong setting is refused with a message that says what would be right, for all settings at once, and repeats no secret."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from shopwright.cli.main import main
from shopwright.kit.errors import Invalid
from shopwright.kit.settings import PREFIX, read
from shopwright.settings import Settings
from tests.builders.environment import no_settings

WRONG = [
    ("data", "file:///srv/x", "a folder, not a URL; write /srv/x"),
    ("data", "", "is empty"),
    ("url", "shop.example", "not a valid address of a site"),
    ("url", "https://shop.example/shop", "has the path /shop; a shop is at the root of its host: https://shop.example."),
    ("url", "https://shop.example?x=1", "it ends there"),
    ("url", "https://ada@shop.example", "holds a user"),
    ("url", "https://shop.example:port", "a number from 1 to 65535"),
    ("url", "https://shop example", "an invalid host"),
    ("url", "https://", "an invalid host"),
    ("url", "https://300.1.1.1", "an invalid IPv4 address"),
    ("url", "https://[::g]", "an invalid IPv6 address"),
    ("database", "sqlite:/srv/x", "sqlite:///srv/shop"),
    ("database", "sqlite://srv/x", "sqlite:///srv/shop"),
    ("database", "sqlite:///srv/x?mode=ro", "something after the folder"),
    ("database", "sqlite", "lacks a colon; did you mean sqlite:"),
    ("database", "postgressql://db/shop", "Did you mean postgresql:?"),
    ("database", "postgresql:db/shop", "two slashes"),
    ("database", "postgresql://db:0/shop", "from 1 to 65535"),
    ("database", "postgresql://db:99999/shop", "from 1 to 65535"),
    ("database", "postgresql://db:/shop", "ends its host with a colon"),
    ("database", "postgresql:///shop", "names no host"),
    ("documents", "mongo://db", "Did you mean mongodb:?"),
    ("cache", "memory:x", "takes nothing"),
    ("hot_reads", "memory:", "cache:, off:"),
    ("bus", "amq://mq", "Did you mean amqp:?"),
    ("search", "tantivy:search", "tantivy:///srv/shop"),
    ("files", "file:srv/files", "file:///srv/shop"),
    ("mail", "smtp://", "names no host"),
    ("mail_from", "nobody", "not an e-mail address"),
    ("mail_from", "The Shop <nobody>", "not an e-mail address"),
    ("sms", "twilio://x", "It is one of viewer:."),
    ("payments", "pretend:, stripe://x", "keys are entered in the back office"),
    ("payments", "pretend:, quickpay://", "not a URL of a known engine"),
    ("return_origins", "https://app.example, app2.example", "not a valid address of a site"),
    ("services", "http://orders.internal", "{service} once"),
    ("services", "{service}.internal", "not a valid address of a site"),
    ("cdn", "varnich://:k@edge", "Did you mean varnish:?"),
    ("proxies", "localhost", "did you mean 127.0.0.1"),
    ("proxies", "10.0.0.0/40", "which is not a valid address"),
    ("proxies", "10.0.0.7/8", "did you mean 10.0.0.0/8?"),
    ("proxies", "0.0.0.0/0", "which is every address"),
    ("proxies", "*", "which is not a valid address"),
    ("carry", "elsewere", "Did you mean elsewhere?"),
    ("log", "xml", "It is one of text, json."),
    ("prices_include_tax", "perhaps", "write true or false"),
    ("stop_grace", "0", "a whole number from 1 to 600"),
    ("stop_grace", "30s", "a whole number from 1 to 600"),
    ("unpaid_share", "101", "from 1 to 100"),
    ("largest_body", "9" * 40, "from 1,024 to"),
    ("messages_per_hour", "-1", "from 1 to"),
    ("owner_email", "nobody", "not an e-mail address"),
    ("owner_password", "short", "at least 8"),
    ("secret", "abcde", "has 5 characters; at least 32"),
    ("secret", "make one: openssl rand -hex 32 !", "holds spaces"),
    ("secret", "a" * 40, "repeated"),
    ("encryption_key", "0123456789abcdef" * 2 + ",new", "has 3 characters; at least 32"),
    ("metrics_token", "token", "at least 12"),
    ("shop_name", "   ", "give it a name"),
    ("shop_name", "A\nB", "control character"),
    ("currency", "eur", "in capitals: EUR"),
    ("currency", "EURO", "ISO 4217"),
    ("country", "Germany", "write DE"),
    ("country", "de", "in capitals: DE"),
    ("traces", "otlp:collector", "two slashes"),
]  # fmt: skip
RIGHT = {
    "data": ["./var", "/srv/shop"],
    "url": ["http://127.0.0.1:8000", "https://shop.example/", "http://[::1]:8000", "https://xn--bcher-kva.example"],
    "database": ["", "sqlite:///srv/x", "postgresql://u:p%2Fw@db1,db2:5433/shop?roles=shop", "postgres://[::1]:5432/x"],
    "documents": ["database:", "mongodb://a,b/x?replicaSet=r", "mongodb+srv://u:p@cluster.example/x"],
    "cache": ["memory:", "redis://:pw@h:6379/0", "redis+sentinel://a:1,b:2/main", "memcached://h"],
    "bus": ["local:", "amqps://u:p@one,two/v?ca=/x"],
    "search": ["opensearch://h:9200/shop", "tantivy:///srv/search"],
    "files": ["s3://key:secret@bucket?endpoint=https://minio.example:9000&region=eu", "file:///srv/files"],
    "mail": ["viewer:", "smtp://u:p@mail:587?starttls=yes"],
    "mail_from": ["", "shop@example.com", "The Shop <shop@example.com>"],
    "services": ["http://{service}.shop.internal:8000", "http://127.0.0.1:8100/{service}"],
    "cdn": ["off:", "varnish://:k@edge1:6081,edge2:6081", "cloudflare://:t@zone", "cloudfront://E123"],
    "proxies": ["127.0.0.1", "10.0.0.0/8, fd00::/8", "10.0.0.1 10.0.0.2"],
    "encryption_key": ["0123456789abcdef" * 2 + "," + "fedcba9876543210" * 2],
    "traces": ["off:", "otlp://collector:4318?share=0.1"],
}  # fmt: skip


def refusal(name: str, value: str) -> str:
    with pytest.raises(Invalid) as refused:
        read(Settings, {PREFIX + name.upper(): value})
    (problem,) = refused.value.problems
    assert problem.pointer == f"/{name}"
    return problem.detail


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_a_wrong_setting_is_refused_with_a_valid_example(name: str, value: str, words: str) -> None:
    assert words in refusal(name, value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in RIGHT.items() for value in values])
def test_a_right_setting_is_accepted(name: str, value: str) -> None:
    settings, _ = read(Settings, {PREFIX + name.upper(): value})
    assert getattr(settings, name) == value


def test_the_defaults_are_valid_where_they_are_declared() -> None:
    environment = {PREFIX + name.upper(): str(getattr(Settings(), name)) for name in Settings.__struct_fields__}
    assert read(Settings, environment)[0] == Settings()


SECRET = "hunter2hunter2"
URLS = [f"postgresql://ada:{SECRET}@db:99999/x", f"postgresql://ada:a/{SECRET}@db/x", f"postgres:ada:{SECRET}@db", f"x://{SECRET}@h",
        f"postgresql://ada:{SECRET}%@db/x", f"postgresql://ada:{SECRET}#@db/x", f"postgresql://ada:{SECRET}@/x"]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("name", ["database", "cache", "bus", "mail", "files", "cdn"])
def test_no_password_of_a_url_is_repeated(name: str, url: str) -> None:
    for scheme in ("postgresql", "redis", "amqp", "smtp", "s3", "varnish"):
        try:
            read(Settings, {PREFIX + name.upper(): url.replace("postgresql", scheme)})
        except Invalid as error:
            assert SECRET not in error.detail  # noqa: PT017 -- some are right for that engine


@given(st.text(min_size=5, max_size=20).filter(lambda one: "\0" not in one))
def test_no_secret_is_repeated_and_nothing_breaks(value: str) -> None:
    for name in ("secret", "encryption_key", "owner_password", "database", "files"):
        try:
            read(Settings, {PREFIX + name.upper(): f"q{value}Q"})
        except Invalid as error:
            assert f"q{value}Q" not in error.detail  # noqa: PT017 -- some are right


def test_all_wrong_settings_are_listed_at_once(tmp_path: Path) -> None:
    ours = no_settings()
    wrong = {
        "SHOPWRIGHT_URL": "x",
        "SHOPWRIGHT_CURENCY": "EUR",
        "SHOPWRIGHT_SECRET": SECRET,
        "SHOPWRIGHT_STOP_GRACE": "no",
    }
    runner = CliRunner(env=ours | {"SHOPWRIGHT_DATA": str(tmp_path / "data")})
    assert runner.invoke(main, ["settings", "--check"]).output == "All settings are valid.\n"
    listed = runner.invoke(main, ["settings", "--check"], env=wrong)
    assert listed.exit_code == 1
    lines = listed.output.splitlines()
    assert len(lines) == len(wrong)
    assert "Did you mean SHOPWRIGHT_CURRENCY?" in listed.output
    assert SECRET not in listed.output
    for command in ("serve", "doctor", "init"):
        refused = runner.invoke(main, [command], env=wrong)
        assert refused.exit_code == 1
        assert "a whole number from 1 to 600" in refused.stderr
    assert list(tmp_path.iterdir()) == []

"""Each attack of the OWASP Juice Shop (shared/data/security-checklists), tried against us or explained as impossible."""

import csv
import gzip
import json
import re
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions
from shopwright.cli.importing import run as run_import
from shopwright.kit.auth import GUEST
from shopwright.kit.errors import Invalid
from shopwright.services.orders.contract import PaymentChoice, PlaceOrder
from shopwright.services.pricing.contract import Coupon
from tests.builders.customers import sign_in
from tests.builders.goods import sell
from tests.builders.orders import fill_cart
from tests.builders.shops import OWNER

LIST = Path(__file__).parents[3] / "shared" / "data" / "security-checklists" / "juice_shop_challenges.csv.gz"
ADA, EVE, WORDS = "ada@example.com", "eve@example.com", "harbour at seven"
FRAME = '<iframe src="javascript:alert(`xss`)">'
SCRIPT = "</script><script>alert(`xss`)</script>"
ATTACKS: dict[str, Callable[["Target"], Awaitable[None]]] = {}


class Target:
    """The shop under attack: a product, Ada with an order and a review, and Eve, the attacker."""

    def __init__(self, shop: Shop, api: httpx.AsyncClient, tmp_path: Path) -> None:
        self.shop, self.api, self.tmp_path = shop, api, tmp_path

    async def prepare(self) -> None:
        self.kettle = await sell(self.shop)
        for email in (ADA, EVE):
            await self.shop.users.register(email, WORDS, email.partition("@")[0].title())
        self.eve = await sign_in(self.api, EVE, WORDS)
        self.ada = await sign_in(self.api, ADA, WORDS)
        me = (await self.api.get("/v1/me", headers=self.ada)).json()["id"]
        cart = await fill_cart(self.shop, (self.kettle, 1), customer=me)
        choice = PaymentChoice(provider="pretend", token="pretend_ok")
        who = await self.shop.users.authenticate(self.ada["Authorization"].removeprefix("Bearer "))
        request = PlaceOrder(cart_id=cart.id, expected_total=cart.totals.total, payment=choice)
        self.order = await self.shop.orders.place(request, "k", who)
        self.cart = await fill_cart(self.shop, (self.kettle, 1), customer=me)
        await self.shop.bus.settle()
        review = {"rating": 4, "title": "Good", "body": "It sings"}
        self.review = (await self.post(f"/v1/products/{self.kettle.id}/reviews", review, self.ada)).json()

    async def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.api.post(path, json=body, headers=headers or {})


def attack(*names: str):
    def keep(act: Callable[[Target], Awaitable[None]]):
        ATTACKS.update(dict.fromkeys(names, act))
        return act

    return keep


def live_tags(page: str) -> list[str]:
    """Frames, event handlers and script URLs, as a browser would execute them."""
    found: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            bad = [name for name, value in attrs if name.startswith("on") or (value or "").startswith("javascript:")]
            found.extend([tag, *bad] if bad or tag in {"iframe", "object", "embed"} else [])

    Tags().feed(page)
    return found


def challenges() -> list[str]:
    if not LIST.is_file():
        return []
    with gzip.open(LIST, "rt", encoding="utf-8") as file:
        return [row["name"] for row in csv.DictReader(file)]


# --- access


@attack("Login Admin", "Login Bender", "Login Jim", "Ephemeral Accountant", "Login Bjoern", "Login Amy",
        "Login MC SafeSearch", "Login Support Team", "Password Strength", "Exposed Credentials")  # fmt: skip
async def sign_in_needs_the_password(on: Target) -> None:
    for email in (OWNER[0], f"{OWNER[0]}'--", "' OR 1=1--", f'{ADA}" OR ""="', "acc0unt4nt@juice-sh.op"):
        for password in ("admin123", "' OR '1'='1", "password", "owner", "", "secret"):
            on.shop.clock.move(hours=1)
            answer = await on.post("/v1/sessions", {"email": email, "password": password})
            assert answer.status_code in {401, 429}, answer.text


@attack("Admin Registration", "Deluxe Fraud")
async def registration_grants_no_role(on: Target) -> None:
    for more in ({"role": "owner"}, {"role": "admin"}, {"is_staff": True}, {"verified": True}):
        new = {"email": "x@example.com", "password": WORDS, "name": "X", **more}
        answer = await on.post("/v1/users", new)
        assert answer.status_code in {400, 422}
        changed = await on.api.patch("/v1/me", json={"name": "Eve", **more}, headers=on.eve)
        assert changed.status_code in {400, 422}
    assert (await on.api.get("/v1/me", headers=on.eve)).json()["role"] == ""
    assert (await on.post("/v1/staff", {"email": EVE, "name": "E", "role": "owner"}, on.eve)).status_code == 403


@attack("Admin Section", "AI Debugging", "Access Log", "Exposed Metrics", "Deprecated Interface", "Web3 Sandbox")
async def staff_pages_refuse_customers(on: Target) -> None:
    on.api.cookies.set("session", await on.shop.users.open_session(EVE, WORDS))
    for path in ("/office/orders", "/office/products", "/office/messages", "/office/reviews"):
        assert (await on.api.get(path)).status_code == 403
    for path in ("/v1/events", "/v1/insights", "/v1/coupons", "/v1/promotions", "/v1/reviews"):
        assert (await on.api.get(path, headers=on.eve)).status_code == 403
    for path in ("/support/logs", "/access.log", "/b2b/v2/orders", "/admin", "/debug", "/.git/config", "/web3-sandbox"):
        assert (await on.api.get(path)).status_code == 404
    numbers = (await on.api.get("/metrics")).text
    assert ADA not in numbers
    assert on.order.id not in numbers


@attack("Empty User Registration", "Repetitive Registration")
async def registration_ignores_extra_fields(on: Target) -> None:
    for email, password in (("", ""), ("x@example.com", ""), ("", WORDS), ("x@example.com", " " * 12)):
        assert (await on.post("/v1/users", {"email": email, "password": password, "name": "X"})).status_code == 422


@attack("Bjoern's Favorite Pet", "Reset Bender's Password", "Reset Bjoern's Password", "Reset Jim's Password",
        "Reset Morty's Password", "Reset Uvogin's Password", "Meta Geo Stalking", "Visual Geo Stalking")  # fmt: skip
async def password_reset_needs_the_mailbox(on: Target) -> None:
    for body in (
        {"token": "0" * 64, "password": "a new one at ten"},
        {"email": ADA, "answer": "Zaya", "password": "a new one at ten"},
    ):
        assert (await on.post("/v1/password-resets", body)).status_code in {400, 409, 422}
    known, unknown = [await on.post("/v1/password-resets", {"email": email}) for email in (ADA, "no@example.com")]
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert await on.shop.users.sign_in(ADA, WORDS)


@attack("Change Bender's Password")
async def changing_a_password_needs_the_old_one(on: Target) -> None:
    for body in ({"password": "slurmCl4ssic 1"}, {"current_password": "", "password": "slurmCl4ssic 1"}):
        assert (await on.api.put("/v1/me/password", json=body, headers=on.eve)).status_code in {400, 422}
    assert await on.shop.users.sign_in(EVE, WORDS)


@attack("Unsigned JWT", "Forged Signed JWT", "Weird Crypto")
async def forged_tokens_are_refused(on: Target) -> None:
    head, body, mark = on.eve["Authorization"].removeprefix("Bearer ").split(".")

    def part(value: object) -> str:
        return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {
        "iss": "shopwright",
        "sub": "usr_x",
        "sid": "ses_x",
        "email": OWNER[0],
        "name": "",
        "role": "owner",
        "exp": 9e9,
    }
    forged = [
        f"{part({'alg': 'none'})}.{part(claims)}.",
        f"{part({'alg': 'None', 'typ': 'JWT'})}.{part(claims)}.{mark}",
        f"{part({'alg': 'HS256'})}.{part(claims)}.{mark}",
        f"{head}.{part(claims)}.{mark}",
        f"{head}.{body}.{mark[:-4]}AAAA",
        f"{head}.{body}.",
    ]
    for token in forged:
        answer = await on.api.get("/v1/events", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401


@attack("GDPR Data Erasure")
async def an_erased_customer_cannot_sign_in(on: Target) -> None:
    assert (await on.api.request("DELETE", "/v1/me", headers=on.ada, json={"password": WORDS})).status_code == 204
    assert (await on.post("/v1/sessions", {"email": ADA, "password": WORDS})).status_code == 401
    assert (await on.api.get("/v1/me", headers=on.ada)).status_code == 401


@attack("CSRF")
async def forms_of_other_sites_change_nothing(on: Target) -> None:
    on.api.cookies.set("session", await on.shop.users.open_session(EVE, WORDS))
    answer = await on.api.post("/account/name", data={"name": "Mallory"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert (await on.api.get("/v1/me", headers=on.eve)).json()["name"] == "Eve"


# --- data of others


@attack("View Basket", "Manipulate Basket", "GDPR Data Theft", "Email Leak", "NoSQL Exfiltration", "Allowlist Bypass")
async def data_of_ada_is_not_found_by_eve(on: Target) -> None:
    line = on.cart.lines[0].id
    for method, path, body in (
        ("GET", f"/v1/carts/{on.cart.id}", None),
        ("POST", f"/v1/carts/{on.cart.id}/lines", {"sku": on.kettle.variants[0].sku, "quantity": 1}),
        ("PATCH", f"/v1/carts/{on.cart.id}/lines/{line}", {"quantity": 9}),
        ("DELETE", f"/v1/carts/{on.cart.id}/lines/{line}", None),
        ("GET", f"/v1/orders/{on.order.id}", None),
        ("GET", f"/v1/orders/{on.order.id}?email={EVE}", None),
        ("GET", "/v1/orders/%27%20%7C%7C%20true%20%7C%7C%20%27", None),
        ("POST", f"/v1/orders/{on.order.id}/cancel", {"reason": "x"}),
    ):
        answer = await on.api.request(method, path, json=body, headers=on.eve)
        assert answer.status_code == 404, f"{method} {path}: {answer.text}"
    assert (await on.api.get("/v1/orders", headers=on.eve)).json()["items"] == []
    assert (await on.api.get("/v1/me/export", headers=on.eve)).json()["orders"] == []
    assert (await on.api.get("/v1/me/export?callback=steal", headers=on.eve)).status_code == 422
    assert (await on.shop.carts.get(on.cart.id)).lines[0].quantity == 1


@attack("Forged Review", "Forged Feedback", "Product Tampering", "Five-Star Feedback", "NoSQL Manipulation")
async def eve_cannot_act_as_another_customer(on: Target) -> None:
    path = f"/v1/products/{on.kettle.id}/reviews"
    for body in (
        {"rating": 1, "title": "Bad", "body": "x", "author": "Ada"},
        {"rating": 1, "title": "Bad", "body": "x", "user_id": "usr_x"},
        {"rating": 1, "title": "Bad", "body": "x"},
    ):
        assert (await on.post(path, body, on.eve)).status_code in {400, 409, 422}
    for body in ({"status": "rejected"}, {"id": {"$ne": -1}, "body": "owned"}):
        assert (await on.api.patch(f"/v1/reviews/{on.review['id']}", json=body, headers=on.eve)).status_code == 403
    for method in ("PATCH", "DELETE"):
        answer = await on.api.request(method, f"/v1/products/{on.kettle.id}", json={"description": "x"}, headers=on.eve)
        assert answer.status_code == 403
    found = (await on.api.get(path)).json()["items"]
    assert [(one["author"], one["title"]) for one in found] == [("Ada", "Good")]


@attack("Multiple Likes")
async def a_vote_counts_once_per_customer(on: Target) -> None:
    for _ in range(4):
        answer = await on.post(f"/v1/reviews/{on.review['id']}/votes", {}, on.eve)
    assert answer.json()["helpful"] == 1


@attack("Password Hash Leak", "User Credentials")
async def no_answer_contains_a_password(on: Target) -> None:
    for path in ("/v1/me", "/v1/me/export", "/v1/sessions", "/v1/me?fields=password", "/v1/users", "/openapi.json"):
        answer = await on.api.get(path, headers=on.ada)
        assert "argon2" not in answer.text
        assert "secret_hash" not in answer.text


# --- input


@attack("API-only XSS", "Client-side XSS Protection", "Server-side XSS Protection", "HTTP-Header XSS", "DOM XSS",
        "Reflected XSS", "Video XSS", "Bonus Payload", "CSP Bypass", "SSTi", "Cross-Site Imaging")  # fmt: skip
async def typed_text_is_escaped(on: Target) -> None:
    sneaky = (
        f"{FRAME}{SCRIPT}<img src=x onerror=alert(1)><<script>Foo</script>iframe src=javascript:alert(1)>{{{{7*7}}}}"
    )
    made = await sell(on.shop, sneaky, description=sneaky, brand=sneaky, tags=(sneaky,))
    await on.api.patch("/v1/me", json={"name": sneaky[:100]}, headers=on.ada)
    await on.post(f"/v1/products/{on.kettle.id}/reviews", {"rating": 1, "title": FRAME, "body": sneaky}, on.ada)
    await on.shop.search.bring_up_to_date()
    on.api.cookies.set("session", await on.shop.users.open_session(ADA, WORDS))
    for path in (
        "/", f"/p/{made.slug}", f"/p/{on.kettle.slug}", "/account", "/account/security", f"/orders/{on.order.id}",
        f"/search?q={FRAME}", f"/track?number={SCRIPT}&email={FRAME}", f"/c/{FRAME}", f"/sign-in?next={FRAME}",
        f"/unsubscribe?token={FRAME}", f"/new-password?token={FRAME}",
    ):  # fmt: skip
        page = await on.api.get(path, headers={"True-Client-IP": FRAME, "User-Agent": FRAME, "Referer": FRAME})
        for live in ("<iframe", "<script>alert", "<script>Foo", "<img src=x", ">49<"):
            assert live not in page.text, f"{live} on {path}"
        assert live_tags(page.text) == [], path
        policy = page.headers["content-security-policy"]
        assert "unsafe-inline" not in policy
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy


@attack("Database Schema", "Christmas Special", "NoSQL DoS", "Missing Encoding")
async def a_search_cannot_inject_code(on: Target) -> None:
    draft = {"title": "Christmas Special 2014", "status": "draft", "variants": [{}]}
    await on.post("/v1/products", draft, await sign_in(on.api, *OWNER))
    for text in (
        "'))--",
        "') UNION SELECT sql FROM sqlite_master--",
        "sleep(2000)",
        "$where",
        "😼 #zatschi",
        "%00",
        "a" * 199,
        "christmas special",
    ):
        answer = await on.api.get("/v1/search", params={"q": text})
        assert answer.status_code == 200, text
        assert "CREATE TABLE" not in answer.text
        assert "Christmas" not in answer.text
    assert (await on.api.get("/v1/products/christmas-special-2014")).status_code == 404


@attack("Payback Time", "Zero Stars")
async def numbers_are_bounded(on: Target) -> None:
    cart = (await on.post("/v1/carts", {})).json()["id"]
    for quantity in (-1, 0, 1000, 10**20, 1.5, "1", None, [1]):
        body = {"sku": on.kettle.variants[0].sku, "quantity": quantity}
        assert (await on.post(f"/v1/carts/{cart}/lines", body)).status_code in {400, 422}, quantity
    for rating in (0, -1, 6, 5.5, "5", None):
        body = {"rating": rating, "title": "t", "body": "b"}
        answer = await on.post(f"/v1/products/{on.kettle.id}/reviews", body, on.ada)
        assert answer.status_code in {400, 422}, rating


@attack("Expired Coupon", "Forged Coupon", "Premium Paywall", "Mint the Honey Pot", "Wallet Depletion", "NFT Takeover")
async def only_valid_coupons_apply(on: Target) -> None:
    now = on.shop.clock.now()
    await on.shop.pricing.put_coupon(
        Coupon(code="WMNSDY2019", kind="percentage", value=7500, ends_at=now - timedelta(days=1))
    )
    cart = await fill_cart(on.shop, (on.kettle, 1))
    for codes in (["WMNSDY2019"], ["n<MibgC7sn"], ["WELCOME10'--"], ["WELCOME10", "WELCOME10", "welcome10"]):
        answer = await on.api.put(f"/v1/carts/{cart.id}/coupons", json={"codes": codes})
        total = answer.json()["totals"]["discount"]["amount"] if answer.status_code == 200 else 0
        assert total <= 640
    body = {"cart_id": cart.id, "expected_total": 1, "payment": {"provider": "pretend", "token": "pretend_ok"}}
    answer = await on.api.post("/v1/orders", json=body, headers={"Idempotency-Key": "cheap"})
    assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
    body["expected_total"] = -5000
    assert (await on.api.post("/v1/orders", json=body, headers={"Idempotency-Key": "rich"})).status_code == 409


@attack("Outdated Allowlist")
async def redirects_stay_on_this_site(on: Target) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        page = await on.api.get("/sign-in", params={"next": target})
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]
        form = {"_csrf_token": token, "email": EVE, "password": WORDS, "next": target}
        answer = await on.api.post("/sign-in", data=form)
        assert answer.headers["location"] == "/account"
        on.api.cookies.delete("session")


# --- files and machines


@attack("Poison Null Byte", "Local File Read", "Forgotten Developer Backup", "Forgotten Sales Backup", "Easter Egg",
        "Confidential Document", "Misplaced Signature File", "Leaked Access Logs", "Extra Language",
        "Retrieve Blueprint", "Nested Easter Egg")  # fmt: skip
async def only_public_files_are_served(on: Target) -> None:
    for path in (
        "/assets/abc/..%2f..%2fapp.py", "/assets/abc/%2e%2e/app.py", "/assets/abc/site.css%00.md", "/media/..%2f..%2fsecret.key/1.webp",
        "/ftp", "/ftp/package.json.bak%2500.md", "/data/users.db", "/var/users.db", "/users.db", "/secret.key", "/package.json",
        "/assets/abc/....//....//etc/passwd", "/media/0123456789abcdef0123456789abcdef/..%2f1.webp", "/.env", "/i18n/tlh_AA.json",
    ):  # fmt: skip
        answer = await on.api.get(path, follow_redirects=True)
        assert answer.status_code in {400, 404}, path
        assert "root:" not in answer.text


@attack("Upload Size")
async def bodies_are_bounded(on: Target) -> None:
    big = on.shop.settings.largest_body + 1
    answer = await on.api.post("/v1/users", content=b"x" * big, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


@attack(
    "Upload Type",
    "Arbitrary File Write",
    "Memory Bomb",
    "XXE Data Access",
    "XXE DoS",
    "Blocked RCE DoS",
    "Successful RCE DoS",
)
async def only_accepted_file_types_are_stored(on: Target) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>'
    for data in (b"no picture", b"%PDF-1.4", b"PK\x03\x04", bomb.encode() * 2, b"\x89PNG\r\n\x1a\n" + b"\0" * 64):
        try:
            media = await on.shop.catalog.add_media(data, "x")
        except Invalid:
            continue
        assert "root:" not in (await on.shop.catalog.picture(media.url.split("/")[2], 320, "webp")).decode("latin-1")
    path = on.tmp_path / "products.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("../../../../evil.txt", "owned")
    with pytest.raises(Invalid):
        await run_import(on.shop, "shopify", path, ImportOptions(fetch=False))
    assert not (on.tmp_path.parent / "evil.txt").exists()
    for body in (b"\x80\x04\x95", b"!!js/function", b'{"__proto__": {"admin": true}}', b"[" * 5000, b"{" * 100):
        answer = await on.api.post("/v1/carts", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500


@attack("SSRF")
async def an_import_requests_no_internal_address(on: Target) -> None:
    from shopwright.importers.draft import DraftImage
    from shopwright.importers.pictures import Fetcher

    fetcher = Fetcher(on.shop.catalog, fetch=True)
    for url in (
        "http://127.0.0.1:1/x.png",
        "http://[::1]/x",
        "http://169.254.169.254/latest",
        "http://localhost/x",
        "file:///etc/passwd",
    ):
        found = await fetcher.media(DraftImage(url))
        assert found is None or found.url == url  # a reference, not fetched
    await fetcher.close()


@attack("Error Handling")
async def errors_reveal_nothing_internal(on: Target) -> None:
    for method, path in (
        ("GET", "/v1/products/%FF"),
        ("POST", "/v1/carts/x/lines"),
        ("PUT", "/v1/products"),
        ("GET", "/v1/search?page=x"),
    ):
        answer = await on.api.request(method, path, content=b"{", headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"].startswith("application/problem+json")
        for inside in ("Traceback", "site-packages", "sqlite3", "/shopwright/"):
            assert inside not in answer.text


@attack("CAPTCHA Bypass")
async def wrong_passwords_are_delayed(on: Target) -> None:
    answers = [await on.post("/v1/sessions", {"email": ADA, "password": f"guess {n}"}) for n in range(12)]
    assert [one.status_code for one in answers].count(429) >= 5
    assert int(answers[-1].headers["retry-after"]) >= 1


@attack("Two Factor Authentication")
async def forged_sessions_are_refused(on: Target) -> None:
    for secret in ("", "0" * 64, "admin", "' OR 1=1--"):
        on.api.cookies.set("session", secret)
        assert (await on.api.get("/account/security")).status_code == 303
    assert (await on.shop.orders.search(customer_id=GUEST.user_id or "nobody")) == []


NOT_HERE = {
    "There is no such thing in this shop": (
        "Blockchain Hype", "Imaginary Challenge", "Score Board", "Mass Dispel", "Privacy Policy Inspection",
        "Steganography", "Leaked Unsafe Product", "Greedy Chatbot Manipulation", "Chatbot Prompt Injection",
        "System Prompt Extraction",
    ),
    "Nothing to break: it asks to read or report something": (
        "Privacy Policy", "Security Policy", "Security Advisory", "Leaked API Key",
    ),
    "Libraries are few, locked by hash and checked for known holes (requirements/*.txt, `make check`)": (
        "Frontend Typosquatting", "Legacy Typosquatting", "Supply Chain Attack", "Vulnerable Library",
    ),
}  # fmt: skip
EXPLAINED = {name for names in NOT_HERE.values() for name in names}


@pytest.mark.parametrize("name", challenges())
def test_each_attack_of_the_list_is_tested_or_explained(name: str) -> None:
    assert (name in ATTACKS) != (name in EXPLAINED)


@pytest.mark.parametrize("act", dict.fromkeys(ATTACKS.values()), ids=lambda act: act.__name__)
async def test_attack(shop: Shop, api: httpx.AsyncClient, tmp_path: Path, act) -> None:
    target = Target(shop, api, tmp_path)
    await target.prepare()
    await act(target)

"""Varnish as a cache in front of nginx or of the shop: its whole configuration (VCL 4.1), from what the shop says may be kept.

What is kept is what the shop says in `Cache-Control` of what is the same for everyone; who is signed in or shows a token
passes through. Answers are dropped by surrogate keys (a ban, looked up as answers are asked for), for whoever knows the secret.
"""

import msgspec

from shopwright.deployment.gateway import told
from shopwright.deployment.gateway.nginx import are_addresses
from shopwright.engines.cdn.kept import WHEN_AWAY_S, WHILE_FETCHED_S
from shopwright.engines.cdn.varnish import KEYS, METHOD, SECRET
from shopwright.web.application import KEPT_API, KEPT_PAGES

# What tells who sent a shopper here, and changes nothing of what is shown.
TRACKING = "utm_[a-z]+|gclid|fbclid|msclkid|mc_cid|mc_eid"
MARK = '"""'  # around text in which quotes mean nothing
NEVER_CHANGES = "^/(assets|media)/"


class VarnishEdge(msgspec.Struct, frozen=True, kw_only=True):
    """`origin`: host:port behind it; `secret`: who knows it may purge; `session_cookie`: who has it passes through."""

    origin: str
    secret: str
    session_cookie: str


def configuration(edge: VarnishEdge) -> str:
    """The file. Raises Invalid where the origin is no address."""
    are_addresses([edge.origin])
    host, _, port = edge.origin.rpartition(":")
    return f"""# Written by `shopwright varnish`; change the shop and write it anew.
vcl 4.1;
import std;

backend shop {{
    .host = "{host}";
    .port = "{port}";
    .connect_timeout = 2s;
    .first_byte_timeout = 30s;
    .between_bytes_timeout = 30s;
    .max_connections = 400;
    .probe = {{ .url = "/health/ready"; .interval = 2s; .timeout = 2s; .window = 3; .threshold = 2; .initial = 2; }}
}}

{_asked(edge)}
{_answered()}"""


def _asked(edge: VarnishEdge) -> str:
    """Which requests are looked up, and by what."""
    return f"""sub vcl_recv {{
    if (req.method == "{METHOD}") {{
        if (req.http.{SECRET} != "{edge.secret}") {{
            return (synth(403, "Not yours to purge"));
        }}
        if (!std.ban("obj.http.{KEYS} ~ (^|\\s)(" + req.http.{KEYS} + ")(\\s|$)")) {{
            return (synth(400, std.ban_error()));
        }}
        return (synth(200, "Purged"));
    }}
    unset req.http.{SECRET};
    unset req.http.{KEYS};
    # Old is good enough while the new is fetched, for a moment; for long only where the shop does not answer.
    if (req.restarts == 0 && std.healthy(req.backend_hint)) {{
        set req.grace = {WHILE_FETCHED_S}s;
    }} else {{
        set req.grace = {WHEN_AWAY_S}s;
    }}
    if (req.restarts == 0) {{
        unset req.http.X-Kept;
    }}
    if (req.method != "GET" && req.method != "HEAD") {{
        return (pass);
    }}
    if (req.url ~ "{NEVER_CHANGES}") {{
        unset req.http.Cookie;
        return (hash);
    }}
    if (req.http.Authorization || req.http.Cookie ~ "(^|;\\s*){edge.session_cookie}=") {{
        return (pass);
    }}
    if (req.url ~ "^({"|".join(_pattern(path) for path in (*KEPT_PAGES, *KEPT_API))})(\\?|$)") {{
        # The same for everyone who is not signed in, wherever they come from.
        unset req.http.Cookie;
        set req.url = regsuball(req.url, "([?&])({TRACKING})=[^&]*", "\\1");
        set req.url = regsuball(req.url, "&&+", "&");
        set req.url = regsub(req.url, "\\?&", "?");
        set req.url = regsub(req.url, "[?&]$", "");
        set req.url = std.querysort(req.url);
        set req.http.X-Kept = "yes";
        return (hash);
    }}
    return (pass);
}}
"""


def _answered() -> str:
    """What of the answers is kept, and what of it a browser sees."""
    return f"""sub vcl_backend_response {{
    if (beresp.status >= 500 && !bereq.uncacheable) {{
        # Not kept, and what was kept before is not hidden by it.
        if (bereq.is_bgfetch) {{
            return (abandon);
        }}
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        return (deliver);
    }}
    if (bereq.uncacheable || beresp.http.Set-Cookie || beresp.http.Cache-Control !~ "public") {{
        set beresp.uncacheable = true;
        set beresp.ttl = 10s;
        return (deliver);
    }}
    set beresp.grace = {WHEN_AWAY_S}s;
    if (beresp.http.Content-Type ~ "^(text/|application/(json|javascript|problem\\+json)|image/svg)") {{
        set beresp.do_gzip = true;
    }}
}}

sub vcl_backend_error {{
    set beresp.http.Content-Type = "{told.KIND}";
    set beresp.http.Retry-After = "1";
    set beresp.status = 503;
    synthetic({MARK}{told.unavailable(told.AWAY)}{MARK});
    return (deliver);
}}

sub vcl_deliver {{
    if (resp.status >= 500 && req.http.X-Kept && req.restarts == 0) {{
        return (restart);
    }}
    if (resp.http.{KEYS}) {{
        unset resp.http.{KEYS};
        # Kept here, not in browsers: who signs in must not see the page of before.
        set resp.http.Cache-Control = "private, no-cache";
    }}
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    if (obj.hits > 0) {{
        set resp.http.X-Cache = "hit";
    }} else {{
        set resp.http.X-Cache = "miss";
    }}
}}
"""


def _pattern(path: str) -> str:
    """It, and what is below it."""
    return "/" if path == "/" else f"{path}(/[^?]*)?"

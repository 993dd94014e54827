"""Commands of a split shop: `nginx`, `haproxy`, `varnish`, and `cluster up|down|status|logs|scale|restart`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shopwright.cli.main import data_option, read_settings
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

if TYPE_CHECKING:
    from shopwright.deployment.cluster.run import Cluster


def _say(line: str) -> None:
    click.echo(line, err=True)


def _cluster(data: str | None, **more: str) -> "Cluster":
    from shopwright.deployment.cluster.run import Cluster

    return Cluster(read_settings(data, **more), _say)


@click.group()
def cluster() -> None:
    """Run a split shop on this machine: each service in its own processes, behind nginx."""


@cluster.command()
@data_option
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="address nginx listens on")
@click.option("--each", default=2, show_default=True, type=click.IntRange(1, 16), help="processes per service")
@click.option("--demo", is_flag=True, help="load the demo catalogue into an empty shop")
def up(data: str | None, port: int, each: int, *, demo: bool) -> None:
    """Start it and wait until it is ready."""
    url = f"http://127.0.0.1:{port}"
    _cluster(data, url=url).up(port, each, demo=demo)
    click.echo(_("The shop is open at {url}/", url=url))


@cluster.command()
@data_option
def down(data: str | None) -> None:
    """Stop it; requests in progress are completed."""
    _cluster(data).down()
    click.echo(_("The cluster is down."))


@cluster.command()
@data_option
@click.option("--json", "machine", is_flag=True, help="print JSON")
def status(data: str | None, *, machine: bool) -> None:
    """Show what runs, and whether it is ready."""
    import msgspec

    running = _cluster(data).status()
    if machine:
        click.echo(msgspec.json.format(msgspec.json.encode(running)).decode())
        return
    click.echo(f"gateway {running['gateway']}")
    for name, processes in running["services"].items():
        each = ", ".join(
            _("{port} (pid {pid}{rest})", port=one["port"], pid=one["pid"], rest="" if one["ready"] else ", NOT READY")
            for one in processes
        )
        click.echo(f"{name:16} {each}")


@cluster.command()
@data_option
@click.argument("services", nargs=-1)
@click.option("--lines", default=20, show_default=True, type=click.IntRange(1))
def logs(data: str | None, services: tuple[str, ...], lines: int) -> None:
    """Show the last log lines of these SERVICES (default: all)."""
    for path in _cluster(data).logs(services):
        for line in path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []:
            click.echo(f"{path.stem}  {line}")


@cluster.command()
@data_option
@click.argument("wanted", nargs=-1, required=True, metavar="SERVICE=COUNT…")
def scale(data: str | None, wanted: tuple[str, ...]) -> None:
    """Set the number of processes of services: `scale orders=3 carts=1`."""
    counts: dict[str, int] = {}
    for word in wanted:
        name, _equals, count = word.partition("=")
        if not is_number(count):
            raise Invalid(_("“{word}” is not SERVICE=COUNT; example: orders=3.", word=word))
        counts[name] = int(count)
    _cluster(data).scale(counts)


@cluster.command()
@data_option
@click.argument("services", nargs=-1)
def restart(data: str | None, services: tuple[str, ...]) -> None:
    """Restart the processes of these SERVICES (default: all) one after the other, without losing a request."""
    _cluster(data).restart(services)


@click.command()
@data_option
@click.option("--listen", default="0.0.0.0:80", show_default=True, help="address for public requests")
@click.option("--behind", default="127.0.0.1:8100", show_default=True, help="address for calls between services")
@click.option("--certificate", default="", help="certificate file; turns on TLS and HTTP/2")
@click.option("--key", default="", help="private key file")
@click.option(
    "--folder", default="/var/lib/nginx/shopwright", show_default=True, help="responses that nginx caches briefly"
)
@click.option("--logs", default="/var/log/nginx", show_default=True, help="log folder (rotated by logrotate)")
@click.option(
    "--origin", "origins", multiple=True, help="origin allowed to call the API from a browser (CORS); repeatable"
)
@click.option("--canary", "canaries", multiple=True, help="SERVICE=HOST:PORT,… of the canary version; repeatable")
@click.option("--canary-share", default=0, type=click.IntRange(0, 100), help="percent of shoppers sent to the canary")
@click.option("--maintenance", is_flag=True, help="answer every request with the maintenance page")
@click.argument("servers", nargs=-1, required=True, metavar="SERVICE=HOST:PORT,HOST:PORT…")
def nginx(
    data: str | None, listen: str, behind: str, certificate: str, key: str, folder: str, servers: tuple[str, ...],
    origins: tuple[str, ...], canaries: tuple[str, ...], canary_share: int, logs: str, *, maintenance: bool,
) -> None:  # fmt: skip
    """Print the nginx configuration as gateway and load balancer; `all=HOST:PORT` is for services not named."""
    from shopwright.deployment.gateway.nginx import GatewayConfig, configuration
    from shopwright.web.application import session_cookie

    settings = read_settings(data)
    front = GatewayConfig(
        servers=_servers(servers),
        listen=listen, behind=behind, folder=Path(folder), session_cookie=session_cookie(settings.url),
        largest_body=settings.largest_body, certificate=certificate, key=key, maintenance=maintenance,
        origins=origins, canary=_some(canaries), canary_share=canary_share, access_log=settings.access_log, logs=logs,
    )  # fmt: skip
    click.echo(configuration(front), nl=False)


@click.command()
@click.option("--listen", default="127.0.0.1:8100", show_default=True, help="address for requests to /SERVICE/path")
@click.option("--socket", default="/run/haproxy/admin.sock", show_default=True, help="address of HAProxy's runtime API")
@click.option(
    "--away", default="/etc/haproxy/away.http", show_default=True, help="error file served when no server is up"
)
@click.argument("servers", nargs=-1, required=True, metavar="SERVICE=HOST:PORT,HOST:PORT…")
def haproxy(listen: str, socket: str, away: str, servers: tuple[str, ...]) -> None:
    """Print the HAProxy configuration as load balancer; `all=HOST:PORT` is for services not named."""
    from shopwright.deployment.gateway.haproxy import Balancer, configuration

    balancer = Balancer(
        servers=_servers(servers), listen=listen, socket=Path(socket), away=Path(away),
        access_log=read_settings(None).access_log,
    )  # fmt: skip
    click.echo(configuration(balancer), nl=False)


@click.command()
@data_option
@click.option("--origin", default="127.0.0.1:80", show_default=True, help="host:port of the origin: nginx or the shop")
def varnish(data: str | None, origin: str) -> None:
    """Print the Varnish configuration; SHOPWRIGHT_CDN defines who may purge."""
    from shopwright.deployment.gateway.varnish import VarnishOptions, configuration
    from shopwright.engines.cdn.varnish import secret_of
    from shopwright.web.application import session_cookie

    settings = read_settings(data)
    if not settings.cdn.startswith("varnish:"):
        raise Invalid(
            _("Set SHOPWRIGHT_CDN first: varnish://:SECRET@HOST:6081, with a secret of your own that allows purges.")
        )
    options = VarnishOptions(origin=origin, secret=secret_of(settings.cdn), session_cookie=session_cookie(settings.url))
    click.echo(configuration(options), nl=False)


def _some(words: tuple[str, ...]) -> dict[str, list[str]]:
    return {name: where.split(",") for name, _, where in (word.partition("=") for word in words)}


def _servers(words: tuple[str, ...]) -> dict[str, list[str]]:
    """Parse SERVICE=HOST:PORT,… by service. Raises Invalid for an unknown service."""
    from shopwright.registry import PARTS, serving

    given = _some(words)
    everything = given.pop("all", [])
    serving(given)
    return {part: given.get(part, everything) for part in PARTS}

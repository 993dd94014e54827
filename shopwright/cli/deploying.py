"""`deploy`: configuration files for a deployment."""

from pathlib import Path
from typing import Any

import click

from shopwright.kit.translation import gettext as _


@click.command()
@click.argument("kind", type=click.Choice(["server", "compose", "systemd", "watch"]))
@click.option("--out", required=True, type=click.Path(file_okay=False), help="output folder")
@click.option("--url", default="https://shop.example.com", show_default=True, help="public address of the shop")
@click.option("--image", default="shopwright:latest", show_default=True, help="command that runs the containers")
@click.option("--each", default=2, show_default=True, type=click.IntRange(1, 16), help="processes per service")
@click.option(
    "--access-log", type=click.Choice(["short", "full", "off"]), default="short", show_default=True,
    help="how much of the client address the access log keeps",
)  # fmt: skip
def deploy(kind: str, out: str, url: str, image: str, each: int, access_log: Any) -> None:
    """Write the configuration of KIND; files with these names are replaced, others stay."""
    from shopwright.deployment.targets import compose, server, systemd, watch
    from shopwright.deployment.targets.system import DeploymentOptions

    kinds = {
        "server": server.files, "compose": compose.files, "systemd": systemd.files,
        "watch": watch.files,
    }  # fmt: skip
    wanted = DeploymentOptions(url=url.rstrip("/"), image=image, each=each, access_log=access_log)
    written = kinds[kind](wanted)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (folder / name).write_text(text, newline="")
    more = _(" Copy secrets.env.example to secrets.env and fill it in.") if "secrets.env.example" in written else ""
    click.echo(_("{count} files in {folder}.{more}", count=len(written), folder=folder, more=more))

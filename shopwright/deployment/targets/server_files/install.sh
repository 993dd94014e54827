#!/bin/sh
# From a bare Debian to a shop that runs: sh install.sh WHEEL, as root, in this folder. It may be run again.
set -eu
wheel=${1:?say which wheel: sh install.sh shopwright-1.0-py3-none-any.whl}
here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || { echo "Run this as root." >&2; exit 1; }
[ -f "$here/secrets.env" ] || { echo "Copy secrets.env.example to secrets.env and fill it in first." >&2; exit 1; }

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends python3-venv caddy restic logrotate openssl curl ca-certificates >/dev/null
id shopwright >/dev/null 2>&1 || useradd --system --home-dir @KEPT@ --shell /usr/sbin/nologin shopwright
install -d -m 0755 @HOME@ @HOME@/versions @ETC@ /etc/systemd/journald.conf.d
install -d -m 0700 -o shopwright -g shopwright @KEPT@ @BACKUPS@

install -m 0600 "$here/secrets.env" @ETC@/secrets.env
[ ! -f "$here/offsite.env" ] || install -m 0600 "$here/offsite.env" @ETC@/offsite.env
if ! grep -q '^SHOPWRIGHT_SECRET=..*' @ETC@/secrets.env; then
	sed -i '/^SHOPWRIGHT_SECRET=/d' @ETC@/secrets.env
	echo "SHOPWRIGHT_SECRET=$(openssl rand -hex 32)" >>@ETC@/secrets.env
	cp @ETC@/secrets.env "$here/secrets.env"
	echo "A secret was made; keep @ETC@/secrets.env where your other keys are."
fi
install -m 0644 "$here/settings.env" "$here/away.html" @ETC@/
install -m 0755 "$here/backup.sh" "$here/drill.sh" "$here/check.sh" "$here/update.sh" @ETC@/
install -m 0644 "$here"/shopwright*.service "$here"/shopwright*.timer /etc/systemd/system/
install -m 0644 "$here/Caddyfile" /etc/caddy/Caddyfile
install -m 0644 "$here/logrotate" /etc/logrotate.d/shopwright
install -m 0644 "$here/journal.conf" /etc/systemd/journald.conf.d/shopwright.conf

version=$(basename "$wheel")
if [ ! -x "@HOME@/versions/$version/bin/shopwright" ]; then
	python3 -m venv "@HOME@/versions/$version"
	"@HOME@/versions/$version/bin/pip" install --quiet "$wheel[smtp,stripe]"
fi
ln -sfn "versions/$version" @HOME@/current
if ! ls @KEPT@/*.db >/dev/null 2>&1; then
	(
		set -a
		. @ETC@/settings.env
		. @ETC@/secrets.env
		set +a
		runuser -u shopwright -- @HOME@/current/bin/shopwright init
	)
fi
systemctl daemon-reload
systemctl restart systemd-journald
systemctl enable --now shopwright.service shopwright-backup.timer shopwright-drill.timer shopwright-check.timer
systemctl reload-or-restart caddy
curl --silent --fail --retry 30 --retry-connrefused --retry-delay 1 http://127.0.0.1:@PORT@/health/live >/dev/null
echo "The shop runs: @SITE@ once its name leads here."

#!/bin/sh
# To another version: sh update.sh WHEEL, as root. What does not start within two minutes is taken back, data and all.
set -eu
wheel=${1:?say which wheel: sh update.sh shopwright-1.1-py3-none-any.whl}
[ "$(id -u)" = 0 ] || { echo "Run this as root." >&2; exit 1; }
version=$(basename "$wheel")
before=$(readlink @HOME@/current)
[ "$before" != "versions/$version" ] || { echo "$version is what runs."; exit 0; }
if [ ! -x "@HOME@/versions/$version/bin/shopwright" ]; then
	python3 -m venv "@HOME@/versions/$version"
	"@HOME@/versions/$version/bin/pip" install --quiet "$wheel[smtp,stripe]"
fi

systemctl start shopwright-backup.service
systemctl stop shopwright.service
rm -rf @KEPT@.before
cp -a --reflink=auto @KEPT@ @KEPT@.before
ln -sfn "versions/$version" @HOME@/current
if systemctl start shopwright.service &&
	curl --silent --fail --retry 120 --retry-all-errors --retry-delay 1 http://127.0.0.1:@PORT@/health/ready >/dev/null; then
	echo "$version runs. @KEPT@.before is how the data were; remove it when you are content."
	exit 0
fi
echo "$version does not run: back to $(basename "$before"). What it said:" >&2
journalctl --unit shopwright --lines 40 --no-pager >&2 || true
systemctl stop shopwright.service || true
rm -rf @KEPT@.failed
mv @KEPT@ @KEPT@.failed
mv @KEPT@.before @KEPT@
ln -sfn "$before" @HOME@/current
systemctl start shopwright.service
exit 1

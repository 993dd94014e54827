#!/bin/sh
# Daily checks of the server; problems are mailed to the owner.
set -u
wrong=0
say() {
	echo "$1" >&2
	wrong=1
}
@HOME@/current/bin/shopwright doctor || wrong=1
used=$(df --output=pcent @KEPT@ | tail -n 1 | tr -dc 0-9)
[ "$used" -lt 85 ] || say "The disk of @KEPT@ is $used % full. Make room: journalctl --vacuum-size=500M; see docs/guides/server.md, “The disk is full”."
[ -n "$(find @BACKUPS@ -name '*.zip' -mtime -2 -print -quit)" ] || say "No archive is younger than two days: systemctl status shopwright-backup; see docs/guides/server.md, “The backup fails”."
case "@SITE@" in http://*) exit "$wrong" ;; esac
openssl s_client -connect 127.0.0.1:443 -servername @HOST@ </dev/null 2>/dev/null | openssl x509 -noout -checkend 1209600 >/dev/null ||
	say "The certificate of @HOST@ is missing or ends within two weeks: journalctl --unit caddy; see docs/guides/server.md, “The certificate expires”."
exit "$wrong"

#!/bin/sh
# An archive of the shop, the last 14 of them here; a copy elsewhere where offsite.env says where.
set -eu
@HOME@/current/bin/shopwright backup @BACKUPS@ --keep 14
if [ -n "${RESTIC_REPOSITORY:-}" ]; then
	export RESTIC_CACHE_DIR=@KEPT@/.cache/restic
	restic backup --quiet --host shop @BACKUPS@
	restic forget --quiet --host shop --keep-daily 14 --keep-weekly 8 --keep-monthly 24 --prune
else
	echo "No copy elsewhere: offsite.env names no place. A burnt machine takes its archives along." >&2
fi

#!/bin/sh
# The newest archive, restored beside the shop and looked through; that of elsewhere, where there is one.
set -eu
place=@BACKUPS@
if [ -n "${RESTIC_REPOSITORY:-}" ]; then
	export RESTIC_CACHE_DIR=@KEPT@/.cache/restic
	place=$(mktemp -d -p @KEPT@ drill.XXXXXX)
	trap 'rm -rf "$place"' EXIT
	restic restore latest --quiet --host shop --target "$place"
	place=$place@BACKUPS@
fi
@HOME@/current/bin/shopwright drill "$place"

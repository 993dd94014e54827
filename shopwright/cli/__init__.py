"""The commands of `shopwright`, one file each, imported only when called."""

"""The commands of `shopwright`, one file each, imported when called."""

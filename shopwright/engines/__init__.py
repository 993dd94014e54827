"""Engines: everything outside, one folder per kind, one file per engine, chosen by URL. The simplest is the default."""

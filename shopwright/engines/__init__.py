"""Everything outside, one folder a kind, one file an engine, chosen by URL. The simplest engine is the default and an equal."""

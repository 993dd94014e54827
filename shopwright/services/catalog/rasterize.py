"""Rasterise one SVG from standard input to PNG on standard output: `python rasterize.py WIDTH`.

It runs as a separate program with limits, as a foreign drawing may try to read files or exhaust CPU or memory.
"""

import resource
import sys

import resvg_py

CPU_S = 5
MEMORY_BYTES = 1_000_000_000
LARGEST_PNG = 100_000_000


def main() -> None:
    """Set the limits, then rasterise; no file is opened from then on."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_PNG, LARGEST_PNG))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    drawing = sys.stdin.buffer.read().decode()
    made = resvg_py.svg_to_bytes(svg_string=drawing, width=int(sys.argv[1]), skip_system_fonts=True)
    sys.stdout.buffer.write(bytes(made))


if __name__ == "__main__":
    main()

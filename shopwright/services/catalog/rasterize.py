"""Draw one SVG from standard input as PNG to standard output: `python rasterize.py WIDTH`, a program of its own with limits.

A drawing is a program that strangers write: it may try to read files, or to take all of a processor or of the memory.
"""

import resource
import sys

import resvg_py

CPU_S = 5
MEMORY_BYTES = 1_000_000_000
LARGEST_PNG = 100_000_000


def main() -> None:
    """It may use so much and no more; and from here on it opens no file."""
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

"""Check the version of Python, and print the one command that helps. Must run on any Python 3."""

import sys

WANTED = (3, 11)


def main():
    """Exit 1 with one sentence, or 0."""
    if sys.version_info < WANTED:
        sys.exit(
            "Shopwright needs Python 3.11 or newer; this is %d.%d. On Debian or Ubuntu: sudo apt-get install python3.11 python3.11-venv"
            ", then: make run PYTHON=python3.11" % sys.version_info[:2]
        )
    version = "%d.%d" % sys.version_info[:2]
    try:
        import ensurepip
        import venv
    except ImportError:
        sys.exit(
            "Python %s is here without venv or pip. On Debian or Ubuntu: sudo apt-get install python%s-venv"
            % (version, version)
        )
    del ensurepip, venv


main()

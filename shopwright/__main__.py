"""`python -m shopwright` is `shopwright`."""

from shopwright.cli import main

main()

"""`python -m shopwright` is `shopwright`."""

from shopwright.cli.main import main

main()

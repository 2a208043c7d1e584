"""Runs localstripe on loopback, in its own environment: its command binds every interface, and keeps a file in /tmp."""

import sys

from aiohttp import web
from localstripe.resources import Store
from localstripe.server import app


def main() -> None:
    """Serve on the port that is named until stopped."""
    Store.dump_to_disk = lambda _: None
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None)


if __name__ == "__main__":
    main()

"""The console on this machine: its static files, who is signed in, and the API behind one address on loopback.

    browser -> /assets, pages        the files that `make console` builds
            -> /session              who is signed in: an opaque cookie that no script reads
            -> /v1/...               the API, signed as that person

On AWS CloudFront and the two programs in console/edge and console/session do the same.
"""

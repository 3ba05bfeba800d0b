#!/usr/bin/env python3
"""Fetches a URL over HTTP/3 with aioquic and prints what came as one JSON object.

    fetch.py https://localhost:8443/path [--insecure | --ca FILE] [--range 0-99] [--out FILE]

The object: status, headers (name to value, repeated ones joined by ", "), bytes, sha256.
Exit code 0: an answer came, whatever its status. 1: none came; the reason is on standard error.
"""
import argparse
import asyncio
import hashlib
import json
import ssl
import sys
from urllib.parse import urlsplit

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamReset


class NoAnswer(Exception):
    """The response did not come, or not whole."""


class Client(QuicConnectionProtocol):
    """One request at a time over one connection."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._http = H3Connection(self._quic)
        self._headers = None
        self._body = bytearray()
        self._stream = None
        self._done = asyncio.get_running_loop().create_future()
        # A failure before anyone awaits it is told by whoever failed first.
        self._done.add_done_callback(lambda done: done.exception())

    async def fetch(self, url, extra):
        target = url.path or "/"
        if url.query:
            target += "?" + url.query
        self._stream = self._quic.get_next_available_stream_id()
        head = [
            (b":method", b"GET"),
            (b":scheme", b"https"),
            (b":authority", url.netloc.encode()),
            (b":path", target.encode()),
            (b"user-agent", b"aioquic"),
            *extra,
        ]
        self._http.send_headers(self._stream, head, end_stream=True)
        self.transmit()
        await self._done
        return self._headers, bytes(self._body)

    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated):
            self._fail(f"connection closed: {event.error_code:#x} {event.reason_phrase}")
        elif isinstance(event, StreamReset) and event.stream_id == self._stream:
            self._fail(f"stream reset: {event.error_code:#x}")
        for http_event in self._http.handle_event(event):
            self._http_event(http_event)

    def _http_event(self, event):
        if getattr(event, "stream_id", None) != self._stream:
            return
        if isinstance(event, HeadersReceived) and self._headers is None:
            self._headers = event.headers
        elif isinstance(event, DataReceived):
            self._body += event.data
        if getattr(event, "stream_ended", False) and not self._done.done():
            self._done.set_result(None)

    def _fail(self, reason):
        if not self._done.done():
            self._done.set_exception(NoAnswer(reason))


async def run(args):
    url = urlsplit(args.url)
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, is_client=True)
    if args.insecure:
        configuration.verify_mode = ssl.CERT_NONE
    if args.ca:
        configuration.load_verify_locations(args.ca)
    extra = [(b"range", f"bytes={args.range}".encode())] if args.range else []
    async with connect(
        url.hostname,
        url.port or 443,
        configuration=configuration,
        create_protocol=Client,
    ) as client:
        return await client.fetch(url, extra)


def main():
    parser = argparse.ArgumentParser(description="Fetch a URL over HTTP/3.")
    parser.add_argument("url")
    parser.add_argument("--insecure", action="store_true", help="take any certificate")
    parser.add_argument("--ca", help="PEM file of the authorities to trust")
    parser.add_argument("--range", help="as in the Range header, without the unit: 0-99")
    parser.add_argument("--out", help="write the body to this file")
    parser.add_argument("--timeout", type=float, default=30, help="seconds for all of it")
    args = parser.parse_args()
    try:
        headers, body = asyncio.run(asyncio.wait_for(run(args), args.timeout))
    except (NoAnswer, ConnectionError, OSError, asyncio.TimeoutError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    fields = {}
    for name, value in headers:
        name, value = name.decode("ascii"), value.decode("latin-1")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    status = int(fields.pop(":status"))
    if args.out:
        with open(args.out, "wb") as out:
            out.write(body)
    result = {
        "status": status,
        "headers": fields,
        "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

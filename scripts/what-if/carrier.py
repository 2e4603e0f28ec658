#!/usr/bin/env python3
"""Carries IP packets between two network namespaces, as a link would: first in, first out, at a rate, half a round trip each way.

Both ends are TUN devices, so that TCP is the kernel's own. No packet is lost. Lines on standard input set the link:
`<round trip in ms> <kbit/s>`; the answer is `ok`. Needs root (CAP_NET_ADMIN).

    carrier.py CLIENT_NAMESPACE SERVER_NAMESPACE
"""

import collections
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
ADDRESSES = ["10.77.0.1", "10.77.0.2"]
libc = ctypes.CDLL(None, use_errno=True)


def device(namespace, address, peer):
    """A TUN device inside a namespace."""
    with open(f"/run/netns/{namespace}") as handle:
        if libc.setns(handle.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"link0", IFF_TUN | IFF_NO_PI))
    for words in (["addr", "add", address, "peer", peer, "dev", "link0"], ["link", "set", "link0", "up", "mtu", "1500", "txqueuelen", "10000"],
                  ["link", "set", "lo", "up"]):
        subprocess.run(["ip", *words], check=True)
    return tun


class Way:
    """One direction: packets leave the serialiser in order, then travel for half a round trip."""

    def __init__(self):
        self.free = 0.0
        self.flying = collections.deque()

    def take(self, packet, now, rate, half):
        self.free = max(self.free, now) + len(packet) / rate
        self.flying.append((self.free + half, packet))

    def deliver(self, tun, now):
        while self.flying and self.flying[0][0] <= now:
            os.write(tun, self.flying.popleft()[1])


def main():
    client, server = sys.argv[1:]
    tuns = [device(client, *ADDRESSES), device(server, *reversed(ADDRESSES))]
    ways = [Way(), Way()]
    rate, half = 10e6 / 8, 0.02
    print("ready", flush=True)
    while True:
        due = min((way.flying[0][0] for way in ways if way.flying), default=None)
        timeout = None if due is None else max(0.0, due - time.monotonic())
        ready, _, _ = select.select([*tuns, sys.stdin], [], [], timeout)
        now = time.monotonic()
        for tun, way in zip(tuns, ways):
            while tun in ready:
                try:
                    way.take(os.read(tun, 2048), now, rate, half)
                except BlockingIOError:
                    break
        for way, tun in zip(ways, reversed(tuns)):
            way.deliver(tun, time.monotonic())
        if sys.stdin in ready:
            words = sys.stdin.readline().split()
            if not words:
                return
            half, rate = float(words[0]) / 2e3, float(words[1]) * 125
            print("ok", flush=True)


main()

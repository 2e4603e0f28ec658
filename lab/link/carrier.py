#!/usr/bin/env python3
"""Carries IP packets between two network namespaces, as links would: first in, first out, at a rate, half a round trip each way.

Both ends are TUN devices, so that TCP is the kernel's own. No packet is lost. The client's address is 10.77.0.1, those of the servers
are 10.77.0.2 and up. The namespaces have no names: they end with this process and with what runs inside them.

    carrier.py [SYSCTL=VALUE]...

Sets these in both namespaces (such as net.ipv4.tcp_congestion_control=cubic) and prints `ready CLIENT SERVER`, the namespaces as
paths for setns(2) and `nsenter --net=`. Each line of standard input sets the network, and is answered by `ok`:

    {"links": [KBIT_PER_SECOND, ...], "paths": {"10.77.0.2": [ROUND_TRIP_MS, LINK_UP, LINK_DOWN], ...}}

A link is an index into `links`, or null for a path without a limit; paths may share links. The end of standard input ends the program.
Needs root (CAP_SYS_ADMIN, CAP_NET_ADMIN) and iproute2.
"""

import collections
import ctypes
import fcntl
import gc
import heapq
import itertools
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
CLIENT, SERVERS = "10.77.0.1", [f"10.77.0.{number}" for number in range(2, 19)]
# Where the server's address stands in the header of an IPv4 packet, by the end that sends it: the destination, the source.
SERVER_AT = [16, 12]
# More than a sent line's worth of packets at once would delay those of the other direction.
BURST = 64
libc = ctypes.CDLL(None, use_errno=True)


def namespace(addresses, sysctls):
    """Moves into a new namespace with a TUN device of these addresses: the namespace's file, and the device's."""
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    place = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"link0", IFF_TUN | IFF_NO_PI))
    for address in addresses:
        subprocess.run(["ip", "addr", "add", f"{address}/24", "dev", "link0"], check=True)
    subprocess.run(["ip", "link", "set", "link0", "up", "mtu", "1500", "txqueuelen", "10000"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for sysctl in sysctls:
        key, value = sysctl.split("=")
        with open("/proc/sys/" + key.replace(".", "/"), "w") as file:
            file.write(value)
    return place, tun


class Network:
    """Where packets are: packets of a link leave it in order at its rate, then travel for half a round trip."""

    def __init__(self):
        self.rates, self.free, self.paths = [], [], {}
        self.numbers = itertools.count()
        # What is under way to each end: in order of arrival, and among equals in order of departure.
        self.flying = [[], []]

    def set(self, links, paths):
        self.rates, self.free = [rate * 125.0 for rate in links], [0.0] * len(links)
        # Unset paths take no time.
        self.paths = collections.defaultdict(lambda: (0.0, (None, None)))
        for address, (rtt, up, down) in paths.items():
            self.paths[socket.inet_aton(address)] = (rtt / 2e3, (up, down))

    def take(self, end, packet, now):
        at = SERVER_AT[end]
        half, links = self.paths[packet[at:at + 4]]
        link = links[end]
        if link is not None:
            now = self.free[link] = max(self.free[link], now) + len(packet) / self.rates[link]
        heapq.heappush(self.flying[end], (now + half, next(self.numbers), packet))

    def deliver(self, end, tun, now):
        flying = self.flying[end]
        while flying and flying[0][0] <= now:
            os.write(tun, heapq.heappop(flying)[2])


def main():
    client, near = namespace([CLIENT], sys.argv[1:])
    server, far = namespace(SERVERS, sys.argv[1:])
    tuns = [near, far]
    network = Network()
    network.set([], {})
    # A link does not wait for the programs at its ends, nor for this program's garbage.
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    gc.disable()
    print(f"ready /proc/{os.getpid()}/fd/{client} /proc/{os.getpid()}/fd/{server}", flush=True)
    while True:
        due = min((flying[0][0] for flying in network.flying if flying), default=None)
        timeout = None if due is None else max(0.0, due - time.monotonic())
        ready, _, _ = select.select([*tuns, sys.stdin], [], [], timeout)
        for end, tun in enumerate(tuns):
            if tun in ready:
                for _ in range(BURST):
                    try:
                        network.take(end, os.read(tun, 2048), time.monotonic())
                    except BlockingIOError:
                        break
        for end, tun in enumerate(reversed(tuns)):
            network.deliver(end, tun, time.monotonic())
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            network.set(**json.loads(line))
            print("ok", flush=True)


main()

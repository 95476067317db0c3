# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Segments that TCP refuses, because they lie outside the window: they change nothing."""
import socket
import struct

from case import Risen, at_end, request, response, transfer
from streams import FAKE

FIN, RST, ACK = 1, 4, 16
TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_QUEUE_SEQ, SEND_QUEUE, OFF_WITHOUT_PROBE = 19, 20, 21, 2, -1


def next_seq(sock):
    """Of what this end sends next."""
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR_QUEUE, SEND_QUEUE)
    seq = sock.getsockopt(socket.IPPROTO_TCP, TCP_QUEUE_SEQ)
    sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, OFF_WITHOUT_PROBE)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TCP_REPAIR has taken it away
    return seq & 0xFFFFFFFF


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def forge(sender, receiver, away, flags=ACK, data=b"", corrupt=0):
    """As if sender had sent it, so many bytes away from what comes next; corrupt spoils its checksum."""
    address = socket.inet_aton(sender.getsockname()[0])
    seq = (next_seq(sender) + away) & 0xFFFFFFFF
    ports = struct.pack("!HH", sender.getsockname()[1], receiver.getsockname()[1])
    segment = ports + struct.pack("!IIBBHHH", seq, next_seq(receiver), 5 << 4, flags, 1000, 0, 0)
    pseudo = address * 2 + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(segment + data))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment + data) ^ corrupt) + segment[18:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_TCP, 0, address, address)
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.sendto(header + segment + data, receiver.getsockname())
    raw.close()


def forge_all(client, server):
    for away in 1 << 28, 1 << 20, -(1 << 20), -500:
        for sender, receiver in (client, server), (server, client):
            forge(sender, receiver, away, data=FAKE)
            forge(sender, receiver, away, FIN | ACK)
            forge(sender, receiver, away, RST)


def forged_segments(case):
    client, server = case.pair()
    case.exchange(client, server, "/first", 2000)
    forge_all(client, server)
    head = request("/in-flight", "POST", FAKE * 9)
    transfer(client, server, head[:30])
    forge_all(client, server)
    transfer(client, server, head[30:200])
    forge_all(client, server)
    transfer(client, server, head[200:])
    forge_all(client, server)
    answer = response(FAKE * 7)
    for i in range(0, len(answer), 30):
        transfer(server, client, answer[i : i + 30])
        if i < 300:
            forge_all(client, server)
    case.expect("/in-flight", received=len(FAKE) * 9, sent=len(FAKE) * 7, method="POST")
    case.exchange(client, server, "/next")
    client.close()


def forged_reset_blames_nobody(case):
    """It seems to come from the client, but the server closes."""
    client, server = case.pair()
    transfer(client, server, request("/blame"))
    forge(client, server, 1 << 28, RST)
    forge(client, server, 1 << 28, FIN | ACK)
    server.close()
    at_end(client)
    client.close()
    case.expect("/blame", 0, "UC")


def corrupted_segments(case):
    """They are where the next bytes belong, but their checksum is wrong. Linux drops those of up to 76 bytes before our
    programs see them; larger ones only afterwards, unless the device has checked them."""
    client, server = case.pair()
    errors = Risen("InCsumErrors")
    case.exchange(client, server, "/first")
    forge(client, server, 0, data=FAKE[:50], corrupt=0x55)
    transfer(client, server, request("/corrupted"))
    forge(server, client, 0, data=FAKE[-50:], corrupt=0x55)
    transfer(server, client, response(FAKE))
    case.expect("/corrupted", sent=len(FAKE))
    errors.check(2)
    client.close()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""h11 for differential.py: the same questions and answers as parse_http1.c."""
import itertools
import sys

import h11


class Stream:
    def __init__(self, data):
        self.data = data
        self.code, self.body, self.start = '-', 0, 0

    def answer(self, how, end):
        return f'{self.code} {self.body} {end} {how}'

    def take(self, connection, switched):
        """One message. Returns its answer, and whether another may follow."""
        self.code, self.body = '-', 0
        while True:
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError as error:
                return self.answer('bad ' + str(error)[:300].replace(' ', '_').replace(';', ','), self.start), False
            if event is h11.NEED_DATA:
                return self.answer('open', 0) if self.code != '-' else None, False
            if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return self.answer('open', 0), False
            if isinstance(event, h11.Request):
                self.code = '+'
            elif isinstance(event, h11.Response) or (isinstance(event, h11.InformationalResponse) and
                                                     event.status_code == 101):
                self.code = str(event.status_code)
            if self.code != '-' and switched(event):
                self.body = len(connection.trailing_data[0])
                return self.answer('tunnel', 0), False
            if isinstance(event, h11.Data):
                self.body += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self.start = len(self.data) - len(connection.trailing_data[0])
                return self.answer('done', self.start), True


def questions(data):
    stream, answers, more = Stream(data), [], True

    def switched(event):
        return isinstance(event, h11.Request) and event.method == b'CONNECT'
    while more:
        # A server of its own for each, because a reused one insists on the client's keep-alive.
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        rest = data[stream.start:]
        if not rest:
            break
        connection.receive_data(rest)
        answer, more = stream.take(connection, switched)
        answers += [answer] if answer else []
    return answers


def responses(data, methods):
    stream, answers = Stream(data), []
    for method in itertools.chain(methods, itertools.repeat('G')):
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
        name = {'H': 'HEAD', 'C': 'CONNECT'}.get(method, 'GET')
        connection.send(h11.Request(method=name, target='/', headers=[('Host', 'a'), ('Upgrade', 'x'), ('Connection', 'upgrade')]))
        connection.send(h11.EndOfMessage())
        rest = data[stream.start:]
        if not rest:
            break
        connection.receive_data(rest)

        def switched(event, method=method):
            status = getattr(event, 'status_code', 0)
            return status == 101 or (method == 'C' and 200 <= status < 300)
        answer, more = stream.take(connection, switched)
        if answer and answer.endswith('open') and connection.their_state is h11.SEND_BODY:
            connection.receive_data(b'')
            try:
                if isinstance(connection.next_event(), h11.EndOfMessage):
                    answer = stream.answer('close', 0)
            except h11.RemoteProtocolError:
                pass
        answers += [answer] if answer else []
        if not more:
            break
    return answers


def main():
    while line := sys.stdin.buffer.readline():
        kind, methods, length = line.decode().split()
        data = sys.stdin.buffer.read(int(length))
        print(';'.join(questions(data) if kind == 'Q' else responses(data, methods)), flush=True)


main()

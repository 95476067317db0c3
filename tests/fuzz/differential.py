#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""differential.py OURS SECONDS [SEED]: http1.h against Node's llhttp and h11 on generated and mutated streams.

Compared are the messages' boundaries, statuses, body lengths, and what is refused. A disagreement must have one of the
reasons of ALLOWED; anything else is printed as a finding and the exit code is 1. Last line: N passed, N failed, N skipped.
"""
import collections
import os
import random
import re
import subprocess
import sys
import time

import rfc9112
import streams

HERE = os.path.dirname(os.path.abspath(__file__))
# Bare LF, blanks after a chunk's size, data after "Connection: close", Content-Length beside chunked: what RFC 9112 lets a
# recipient take.
LLHTTP_LENIENT = 2 + 4 + 32 + 256 + 512
BATCH = 100
MOST_FINDINGS = 20

Message = collections.namedtuple('Message', 'code body end how why')
Case = collections.namedtuple('Case', 'kind method rest strict ours theirs peer before')
NONE = Message('-', 0, 0, 'none', '')


class Parser:
    def __init__(self, name, *command):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, batch):
        self.process.stdin.write(b''.join(b'%s %s %d\n' % (k.encode(), m.encode(), len(d)) + d for k, m, d in batch))
        self.process.stdin.flush()

    def answers(self, batch):
        """To what was asked. All of a batch fit into the pipe, so no parser waits for us while we write to it."""
        return [self.answer(stream) for stream in batch]

    def answer(self, stream):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f'{self.name} ended at {stream}')
        return parse_answer(line.decode().strip())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def parse_answer(text):
    messages = []
    for part in text.split(';') if text else []:
        code, body, end, how, *why = part.split(' ', 4)
        messages.append(Message(code, int(body), int(end), how, ''.join(why)))
    while messages and messages[-1].how == 'open' and messages[-1].code == '-':
        messages.pop()  # not even a start line: nobody need have noticed
    return messages


def same(ours, theirs):
    if ours.how == 'bad' and theirs.how == 'bad':
        return True
    return ours[:4] == theirs[:4]


def strictly(kind, method, rest):
    """What RFC 9112 makes of it: a message, or why it is refused, or 'incomplete'."""
    try:
        return rfc9112.request(rest) if kind == 'Q' else rfc9112.response(rest, method)
    except rfc9112.Refused as error:
        return str(error)
    except rfc9112.Incomplete:
        return 'incomplete'


def has_no_body_by_status(case):
    """Of a response to HEAD, 204, 304, 101 and 2xx to CONNECT."""
    return case.ours.how == 'tunnel' or case.kind == 'R' and (case.method == 'H' or case.ours.code in ('204', '304'))


FRAMING_ERRORS = re.compile('HPE_(INVALID|UNEXPECTED)_(CONTENT_LENGTH|TRANSFER_ENCODING|CHUNK_SIZE)|'
                            'bad_Content-Length|conflicting|multiple_Transfer|Only_Transfer|illegal_chunk')
CHUNK_BLANKS = re.compile(rb'\n[0-9A-Fa-f]+(?:;[^\r\n]*)?[ \t]')


def refused(case):
    return isinstance(case.strict, str) and case.strict != 'incomplete'


def decides_framing(case):
    """What is refused decides framing, and we go on: the refusal alone explains nothing."""
    return case.strict in rfc9112.FRAMING or FRAMING_ERRORS.match(case.theirs.why) and case.ours.how not in ('none', 'open')


def beyond_our_limits(case):
    """http1_line.h: more than 4 blanks around a value that frames, an empty list element at its end, more than 16 digits of
    a length and 15 of a chunk's, 32 characters of a method."""
    return (re.search(rb'(?i)\n(content-length|transfer-encoding):([ \t]{5}|.*[ \t]{5}chunked|.*[ \t]{5}\r?\n)', case.rest)
            or re.search(rb'(?i)\ntransfer-encoding:(.*,)?[ \t]*\r?\n', case.rest)
            or re.search(rb'(?i)\ncontent-length:[ \t]*[0-9]{17}', case.rest)
            or re.search(rb'\n[0-9A-Fa-f]{16}', case.rest) or re.match(rb'[\r\n]*[^ ]{32}', case.rest))


def head(case):
    return re.split(rb'\n\r?\n', case.rest.lstrip(b'\r\n'), 1)[0]


def fields_named(case, name):
    return re.findall(rb'(?i)\n' + name + rb'[ \t]*:(.*)', case.rest)


# Each: whose answer it excuses, why, and when. strict: what rfc9112.py makes of the message.
ALLOWED = [
    ('they refuse', 'no message by RFC 9112: they answer 400, we follow what the server made of it',
     lambda c: c.theirs.how == 'bad' and isinstance(c.strict, str) and not decides_framing(c)),
    ('they refuse', 'framing fields of what has no body are ignored (6.3, items 1 and 2, RFC 9110 9.3.6)',
     lambda c: c.theirs.how == 'bad' and has_no_body_by_status(c)),
    ('they refuse', 'repeated equal lengths, or a length beside a coding: may be refused or taken (6.3, items 3 and 5)',
     lambda c: c.strict != 'length' and re.search('CONTENT_LENGTH|bad_Content-Length|conflicting', c.theirs.why) and
     len(fields_named(c, rb'content-length') + fields_named(c, rb'transfer-encoding')) > 1),
    ('they differ', 'a tab after a value is OWS (RFC 9110 5.6.3), llhttp takes blanks only',
     lambda c: c.peer == 'llhttp' and
     any(re.search(rb'\t[ \t]*\r?$', v) for v in fields_named(c, rb'(?:content-length|transfer-encoding)'))),
    ('they differ', 'llhttp takes a bare CR for the end of a line: it may also be refused or taken for a blank (2.2)',
     lambda c: c.peer == 'llhttp' and refused(c) and re.search(rb'\r(?!\n)', head(c))),
    ('they differ', 'llhttp swallows a byte after a request line or a chunk size that ends in bare LF',
     lambda c: c.peer == 'llhttp' and refused(c) and re.search(rb'(HTTP/1\.[0-9]|\n[0-9A-Fa-f]+[^\r\n]*)\n', c.rest)),
    ('they refuse', 'h11 wants CRLF after a chunk size; a recipient may take LF (2.2), and nginx does',
     lambda c: re.match(r'illegal_chunk_header.*(?<!\\r)\\n', c.theirs.why)),
    ('they differ', 'llhttp after HTTP/1.0, where the connection should have ended, does not know lengths any more',
     lambda c: c.peer == 'llhttp' and b'HTTP/1.0' in c.before),
    ('they refuse', 'h11 reads framing fields in trailers, where they mean nothing (7.1.2)',
     lambda c: re.match('bad_Content-Length|conflicting', c.theirs.why) and c.theirs.code != '-'),
    ('they refuse', 'a method that they do not know (RFC 9110 9.1: 501)', lambda c: c.theirs.why == 'HPE_INVALID_METHOD'),
    ('they refuse', 'codings that h11 does not implement (6.1: 501)',
     lambda c: re.match('Only_Transfer-Encoding|multiple_Transfer-Encoding', c.theirs.why)),
    ('they refuse', 'an empty line before a request, which should be ignored (2.2)',
     lambda c: c.theirs.why == 'no_request_line_received' and c.rest[:1] in b'\r\n'),
    ('they refuse', 'a blank in a chunk extension, which is BWS (7.1.1)',
     lambda c: c.theirs.how == 'bad' and c.theirs.code != '-' and CHUNK_BLANKS.search(c.rest)),
    ('they refuse', 'chunked twice, which nobody may send: we read it once (7.1)',
     lambda c: b''.join(fields_named(c, rb'transfer-encoding')).lower().count(b'chunked') > 1),
    ('they refuse', 'HTTP/1.2 and above, which are read as HTTP/1.1 (RFC 9110 2.5)', lambda c: c.theirs.why == 'HPE_INVALID_VERSION'),
    ('they wait', 'h11 says nothing before it has a whole head or chunk line, with CRLF',
     lambda c: c.peer == 'h11' and c.theirs.how in ('none', 'open') and isinstance(c.strict, str)),
    ('they wait', 'llhttp reads a body of interim responses, which have none (6.3, item 1)',
     lambda c: c.peer == 'llhttp' and c.theirs.code[0] == '1' and c.theirs.how != 'tunnel'),
    ('they wait', 'a line that can begin no message is refused by us at once',
     lambda c: c.ours.how == 'bad' and c.theirs.how in ('none', 'open') and c.strict == 'incomplete'),
    ('they refuse', 'no Host, or several (3.2): no matter of framing', lambda c: 'Host:' in c.theirs.why),
    ('we wait', 'a line is judged when it has ended',
     lambda c: c.ours.how in ('none', 'open') and c.theirs.how == 'bad' and isinstance(c.strict, str)),
    ('we refuse', 'no message by RFC 9112: the connection is given up, nothing is guessed',
     lambda c: c.ours.how == 'bad' and refused(c)),
    ('we refuse', 'a limit of ours that no real message reaches: given up', lambda c: c.ours.how == 'bad' and beyond_our_limits(c)),
]


def explain(case):
    for who, reason, applies in ALLOWED:
        if applies(case):
            return f'{who}: {reason}'
    return None


def first_difference(stream, ours, theirs, peer):
    """The Case of it, or None. What follows it is not compared."""
    kind, methods, data = stream
    start = 0
    for i in range(max(len(ours), len(theirs))):
        our = ours[i] if i < len(ours) else NONE
        their = theirs[i] if i < len(theirs) else NONE
        method = methods[i] if i < len(methods) else 'G'
        if not same(our, their):
            rest = data[start:]
            return Case(kind, method, rest, strictly(kind, method, rest), our, their, peer, data[:start])
        start = our.end
    return None


def check_strict(stream, ours):
    """What RFC 9112 says of a stream's first message we must say too; it is a peer of its own."""
    kind, methods, data = stream
    strict = strictly(kind, methods[0], data)
    our = ours[0] if ours else NONE
    if strict in rfc9112.FRAMING:
        theirs = Message('-', 0, 0, 'bad', strict)
    elif isinstance(strict, str):
        return None
    else:
        theirs = Message(*strict, '')
    return None if same(our, theirs) else Case(kind, methods[0], data, strict, our, theirs, 'rfc9112', b'')


def main():
    ours = Parser('http1', sys.argv[1])
    peers = [Parser('llhttp', 'node', os.path.join(HERE, 'llhttp.js'), str(LLHTTP_LENIENT)),
             Parser('h11', '/usr/bin/python3', os.path.join(HERE, 'h11_peer.py'))]
    end = time.monotonic() + float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
    rng = random.Random(seed)
    print(f'seed {seed}')
    count, findings, excused = 0, 0, collections.Counter()
    while time.monotonic() < end and findings < MOST_FINDINGS:
        batch = [streams.stream(rng) for _ in range(BATCH)]
        for parser in [ours, *peers]:
            parser.ask(batch)
        our_answers = ours.answers(batch)
        cases = [check_strict(s, o) for s, o in zip(batch, our_answers)]
        for peer in peers:
            cases += [first_difference(s, o, t, peer.name) for s, o, t in zip(batch, our_answers, peer.answers(batch))]
        for case in filter(None, cases):
            reason = explain(case)
            excused[f'{case.peer}: {reason}'] += 1
            if not reason:
                findings += 1
                print(f'{case.peer}: {case.kind} {case.method} {case.before[-300:]!r} {case.rest[:600]!r}\n  ours {case.ours}\n  theirs {case.theirs}\n'
                      f'  strict {case.strict}')
        count += len(batch)
    for parser in [ours, *peers]:
        parser.close()
    for reason, n in excused.most_common():
        print(f'{n:8} {reason}')
    print(f'{count - findings} passed, {findings} failed, 0 skipped')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main())

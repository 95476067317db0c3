# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Streams of HTTP/1 messages for differential.py: most are right, some have one thing that is odd, some are mutated."""

METHODS = [b'GET', b'POST', b'PUT', b'DELETE', b'OPTIONS', b'PATCH', b'HEAD', b'PROPFIND', b'M-SEARCH']
TARGETS = [b'/', b'/a?b=c', b'*', b'http://a:80/b', b'/' + b'x' * 70]
FIELDS = [b'X: y', b'Cookie: a=b; c=d', b'Accept:*/*', b'Content-Type: text/plain', b'TE: trailers',
          b'X-Long: ' + b'z' * 90, b'Trailer: X', b'Empty:', b'Transfer: chunked', b'Content-Lengthy: 3']
LENGTHS = [b'Content-Length: %d', b'content-length:%d', b'CONTENT-LENGTH: \t%d \t', b'Content-Length: 0%d']
ODD_LENGTHS = [b'Content-Length: %d, %d', b'Content-Length: +%d', b'Content-Length: -%d', b'Content-Length: 0x%d',
               b'Content-Length: %d %d', b'Content-Length:', b'Content-Length: %d\r\nContent-Length: %d',
               b'Content-Length: %d\r\nContent-Length: 1%d', b'Content-Length : %d', b'Content-Length: %d\r\n ',
               b'Content-Length:\r\n %d', b'Content-Length: %d\r\r', b'Content-Length: \x0b%d', b'Content-Length\r: %d',
               b'Content-Length: 00000000000000000%d', b'Content-Length:      %d', b'Content-Length: %d      ',
               b'Content\rLength: %d', b'X: y\r\n Content-Length: %d', b'Content-Length: 99999999999999999999%d']
CODINGS = [b'Transfer-Encoding: chunked', b'transfer-encoding:chunked', b'Transfer-Encoding: gzip, chunked',
           b'Transfer-Encoding: CHUNKED', b'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked']
ODD_CODINGS = [b'Transfer-Encoding: xchunked', b'Transfer-Encoding: chunked, gzip', b'Transfer-Encoding : chunked',
               b'Transfer-Encoding: chunked\r\n , gzip', b'Transfer-Encoding:\r\n chunked', b'Transfer-Encoding: gzip',
               b'Transfer-Encoding: chunked,', b'Transfer-Encoding: ,chunked', b'Transfer-Encoding: chunked;q=1',
               b'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', b'Transfer-Encoding: identity',
               b'Transfer-Encoding: chunked      ', b'Transfer-Encoding:      chunked', b'Transfer-Encoding: gzip,      chunked', b'Transfer\rEncoding: chunked', b'Transfer-Encoding: \x0bchunked',
               b'Transfer-Encoding: chunked\r\nContent-Length: 3', b'Content-Length: 3\r\nTransfer-Encoding: chunked',
               b'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', b'Transfer-Encoding:',
               b'Transfer-Encoding: "chunked"', b'Transfer-Encoding: gzip chunked', b'Transfer-Encoding: chunked\r\r']
SIZES = [b'%x', b'%X', b'0%x', b'%x;a=b', b'%x;a="b;c"', b'%x;' + b'e' * 90, b'%x ;x', b'%x']
ODD_SIZES = [b'%x ', b'0x%x', b' %x', b'-%x', b'%xg', b'', b'%x\t;a', b'0000000000000000%x', b'%x,', b'%x\r', b'f' * 16]
STATUSES = [200, 201, 204, 205, 206, 301, 304, 400, 404, 500, 503]
INTERIM = [b'HTTP/1.1 100 Continue\r\n\r\n', b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n']
TOKENS = [b'\r\n', b'\n', b'\r', b' ', b'\t', b':', b',', b'0', b'5', b'\0', b'\xff', b'\r\n\r\n', b'\r\n ', b'Content-Length: 3\r\n',
          b'Transfer-Encoding: chunked\r\n', b'HTTP/1.1 ', b'GET / HTTP/1.1\r\n\r\n', b'0\r\n\r\n', b'chunked', b';']


def fill(rng, template, number):
    """Every %d or %x of a template."""
    count = template.count(b'%')
    return template % ((number,) * count) if count else template


def chunks(rng, odd):
    out = b''
    for _ in range(rng.randrange(4)):
        data = bytes(rng.choice(b'ab\r\n0;5') for _ in range(rng.randrange(1, 30)))
        out += fill(rng, rng.choice(ODD_SIZES if odd and rng.random() < .3 else SIZES), len(data)) + b'\r\n' + data
        out += rng.choice([b'', b'x\r\n', b'\n', b'\r\r\n']) if odd and rng.random() < .2 else b'\r\n'
    out += rng.choice([b'0', b'00', b'0;last', b'000'])
    return out + rng.choice([b'\r\n\r\n'] * 3 + [b'\r\nX: y\r\n\r\n', b'\r\nContent-Length: 7\r\nX-Y: ' + b'z' * 80 + b'\r\n\r\n'])


def framing(rng, odd):
    """Header lines that decide framing, and a body for them."""
    size = rng.choice([0, 1, 3, 5, 12, 100])
    body = bytes(rng.choice(b'ab\r\nGET /') for _ in range(size))
    kind = rng.random()
    if odd and kind < .35:
        return [fill(rng, rng.choice(ODD_LENGTHS), size)], body
    if odd and kind < .7:
        return [rng.choice(ODD_CODINGS)], rng.choice([body, chunks(rng, False), b'3\r\nabc\r\n0\r\n\r\n'])
    if kind < .3:
        return [], b''
    if kind < .6:
        return [fill(rng, rng.choice(LENGTHS), size)], body
    return [rng.choice(CODINGS)], chunks(rng, odd)


def message(rng, start, odd, has_body):
    lines, body = framing(rng, odd)
    fields = [b'Host: a'] + [rng.choice(FIELDS) for _ in range(rng.randrange(4))]
    if odd and rng.random() < .2:
        fields.append(rng.choice([b' folded', b'no colon', b': no name', b'X : y', b'X: \x01', b'X:\r y', b'\tContent-Length: 4']))
    fields += lines
    rng.shuffle(fields)
    end = b'\n' if odd and rng.random() < .2 else b'\r\n'
    return start + end + b''.join(f + end for f in fields) + end + (body if has_body else b'')


def request(rng, odd):
    method, version = rng.choice(METHODS), b'HTTP/1.0' if rng.random() < .1 else b'HTTP/1.1'
    blank = b' '
    if odd and rng.random() < .2:
        method = rng.choice([b'CONNECT', b'FOO', b'get', b'A' * 31, b'A' * 32, b'G\x01T', b'HEADER'])
        version = rng.choice([b'HTTP/1.1', b'HTTP/1.2', b'HTTP/2.0', b'http/1.1', b'HTTP/1.1 ', b'HTTP/1.10', b''])
        blank = rng.choice([b' ', b'  ', b'\t'])
    leading = rng.choice([b'\r\n', b'\n', b'\r\n\r\n']) if rng.random() < .1 else b''
    return leading + message(rng, method + blank + rng.choice(TARGETS) + b' ' + version, odd, True)


def response(rng, method, odd):
    status = rng.choice(STATUSES)
    start = b'HTTP/1.%d %d' % (rng.random() > .1, status) + rng.choice([b' OK', b' ', b'', b' Some Reason'])
    if odd and rng.random() < .2:
        start = rng.choice([b'HTTP/1.1 099 X', b'HTTP/1.1 2000 X', b'HTTP/1.1 20 X', b'HTTP/1.1  200 X', b'HTTP/2.0 200 OK',
                            b'HTTP/1.1 101 X', b'HTTP/1.1 199 X', b'HTTP/1.1 600 X', b'HTTP/1.1 999 X', b'HTTP/1.1 20x X'])
    has_body = method != 'H' and status not in (204, 304)
    return (rng.choice(INTERIM) if rng.random() < .1 else b'') + message(rng, start, odd, has_body)


def mutate(rng, stream):
    out = bytearray(stream)
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            out[at:at] = rng.choice(TOKENS)
        elif kind == 1:
            del out[at:at + rng.choice([1, 1, 2, 10])]
        elif kind == 2 and at < len(out):
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 3:
            out[at:at] = out[at:at + rng.randrange(1, 40)]
        else:
            out[at:at + 1] = rng.choice(TOKENS)
    return bytes(out)


def stream(rng):
    """(kind, methods, bytes): questions, or responses to one method each."""
    odd = rng.random() < .6
    count = rng.randrange(1, 4)
    methods = ''.join(rng.choice('GGGGHC' if odd else 'GGH') for _ in range(count))
    kind = rng.choice('QR')
    if kind == 'Q':
        data = b''.join(request(rng, odd and i == count - 1) for i in range(count))
    else:
        data = b''.join(response(rng, m, odd and i == count - 1) for i, m in enumerate(methods))
    if rng.random() < .3:
        data = mutate(rng, data)
    if rng.random() < .1:
        data = data[:rng.randrange(len(data) + 1)]
    return kind, methods, data

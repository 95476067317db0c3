# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A strict reading of RFC 9112: one message, or a refusal. Shares nothing with http1.h, and is as slow as it is plain."""
import re

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
VALUE = rb'[\t\x20-\x7e\x80-\xff]*'
TARGET = rb'(?:/[\x21-\x7e]*|\*|http://[0-9A-Za-z.:\-]+(?:/[\x21-\x7e]*)?|[0-9A-Za-z.\-]+:[0-9]+)'
REQUEST_LINE = re.compile(rb'(' + TOKEN + rb') ' + TARGET + rb' HTTP/1\.([0-9])')
STATUS_LINE = re.compile(rb'HTTP/1\.([0-9]) ([1-9][0-9][0-9])(?: ' + VALUE + rb')?')
FIELD = re.compile(rb'(' + TOKEN + rb'):[ \t]*(' + VALUE + rb')')
QUOTED = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"'
EXTENSION = rb'[ \t]*;[ \t]*' + TOKEN + rb'(?:[ \t]*=[ \t]*(?:' + TOKEN + rb'|' + QUOTED + rb'))?'
CHUNK = re.compile(rb'([0-9A-Fa-f]+)(?:' + EXTENSION + rb')*')
FRAMING_NAME = re.compile(rb'(?i)(?:content-length|transfer-encoding):')
FRAMING_BLANK = re.compile(rb'(?i)(?:content-length|transfer-encoding)[ \t]')
FRAMING = ('framing field', 'coding', 'length', 'chunk size', 'chunk end')
EMPTY_LINES = re.compile(rb'(?:\r\n)*')


class Refused(Exception):
    """Not of the grammar, or of what decides framing (FRAMING)."""


class Incomplete(Exception):
    """More bytes are needed."""


def take_line(data, at):
    end = data.find(b'\n', at)
    if end < 0:
        raise Incomplete
    if end == at or data[end - 1:end] != b'\r' or b'\r' in data[at:end - 1]:
        raise Refused('line end')
    return data[at:end - 1], end + 1


def take_head(data, at):
    """The lines up to an empty one."""
    lines = []
    while True:
        line, at = take_line(data, at)
        if not line:
            return lines, at
        lines.append(line)


def take_fields(data, at, has_body=True):
    lines, at = take_head(data, at)
    fields = []
    for i, line in enumerate(lines):
        match = FIELD.fullmatch(line)
        if not match:
            is_fold = i > 0 and line[:1] in b' \t' and FRAMING_NAME.match(lines[i - 1])
            raise Refused('framing field' if has_body and (is_fold or FRAMING_BLANK.match(line)) else 'field line')
        fields.append((match[1].lower(), match[2].rstrip(b' \t')))
    return fields, at


def take_chunks(data, at):
    body = 0
    while True:
        line, at = take_line(data, at)
        match = CHUNK.fullmatch(line)
        if not match:
            raise Refused('extension' if re.match(rb'[0-9A-Fa-f]+[ \t;]', line) else 'chunk size')
        size = int(match[1], 16)
        if not size:
            return body, take_fields(data, at, False)[1]
        body += size
        at += size
        if len(data) < at + 2:
            raise Incomplete
        if data[at:at + 2] != b'\r\n':
            raise Refused('line end' if data[at:at + 1] == b'\n' else 'chunk end')
        at += 2


def codings(fields):
    """Empty list elements are ignored (RFC 9110 5.6.1)."""
    values = [value for name, value in fields if name == b'transfer-encoding']
    return [c.strip(b' \t').lower() for value in values for c in value.split(b',') if c.strip(b' \t')]


def take_body(data, at, fields, is_request, minor):
    """Section 6.3 from item 3 on. Returns (body bytes, end or None)."""
    names = [name for name, _ in fields]
    if b'transfer-encoding' in names:
        found = codings(fields)
        if found.count(b'chunked') > 1 or (is_request and minor == 0):
            raise Refused('coding')
        if found[-1:] == [b'chunked']:
            return take_chunks(data, at)
        if is_request:
            raise Refused('coding')
        return len(data) - at, None
    lengths = {value for name, value in fields if name == b'content-length'}
    if not lengths:
        return (0, at) if is_request else (len(data) - at, None)
    if not all(value.isdigit() for value in lengths) or len({int(value) for value in lengths}) > 1:
        raise Refused('length')
    length = int(lengths.pop())
    if len(data) < at + length:
        raise Incomplete
    return length, at + length


def request(data):
    """Returns (code, body, end, how), as the parsers answer."""
    at = EMPTY_LINES.match(data).end()
    line, at = take_line(data, at)
    match = REQUEST_LINE.fullmatch(line)
    if not match:
        raise Refused('request line')
    fields, at = take_fields(data, at, match[1] != b'CONNECT')
    if match[1] == b'CONNECT':
        return '+', len(data) - at, 0, 'tunnel'
    body, end = take_body(data, at, fields, True, int(match[2]))
    return '+', body, end, 'done'


def response(data, method):
    at = 0
    while True:
        line, at = take_line(data, at)
        match = STATUS_LINE.fullmatch(line)
        if not match:
            raise Refused('status line')
        status = int(match[2])
        is_tunnel = status == 101 or (method == 'C' and 200 <= status < 300)
        has_body = not is_tunnel and status >= 200 and method != 'H' and status not in (204, 304)
        fields, at = take_fields(data, at, has_body)
        if status >= 200 or is_tunnel:
            break
    if is_tunnel:
        return str(status), len(data) - at, 0, 'tunnel'
    if not has_body:
        return str(status), 0, at, 'done'
    body, end = take_body(data, at, fields, False, int(match[1]))
    return str(status), body, end or 0, 'done' if end is not None else 'close'

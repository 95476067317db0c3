# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The published messages, as classes of python3-protobuf: message("envoy.service.accesslog.v3.StreamAccessLogsMessage")."""
import pathlib
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PUBLISHED = pathlib.Path(__file__).parent / "published"


def load():
    files = [str(f.relative_to(PUBLISHED)) for f in PUBLISHED.rglob("*.proto")]
    pool = descriptor_pool.DescriptorPool()
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(
            ["protoc", f"-I{PUBLISHED}", "-I/usr/include", "--include_imports", f"--descriptor_set_out={out.name}", *files],
            check=True,
        )
        for file in descriptor_pb2.FileDescriptorSet.FromString(out.read()).file:
            pool.Add(file)
    return pool


pool = load()
factory = message_factory.MessageFactory(pool)


def message(name):
    return factory.GetPrototype(pool.FindMessageTypeByName(name))


def has_unknown_fields(m):
    """What the published messages do not know, in m and all that is in it. They are gone then."""
    size = m.ByteSize()
    m.DiscardUnknownFields()
    return m.ByteSize() != size

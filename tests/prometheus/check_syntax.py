#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Whether JSON and YAML files can be read, and no key is there twice. usage: check_syntax.py FILE..."""
import json
import sys

import yaml


def unique(pairs):
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError(f"twice: {', '.join(sorted(twice))}")
    return dict(pairs)


class Loader(yaml.SafeLoader):
    def construct_mapping(self, node, deep=False):
        return unique([(self.construct_object(k, deep), self.construct_object(v, deep)) for k, v in node.value])


def read(path):
    with open(path, encoding="utf-8") as file:
        if path.endswith(".json"):
            json.load(file, object_pairs_hook=unique)
        else:
            yaml.load(file, Loader)


def main():
    status = 0
    for path in sys.argv[1:]:
        try:
            read(path)
        except (ValueError, yaml.YAMLError) as error:
            print(f"{path}: {error}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())

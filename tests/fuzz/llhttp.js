// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Node's parser (llhttp) for differential.py: the same questions and answers as parse_http1.c. Bytes are given one at a
// time, so that a message's end is known. Argument: the lenient flags.
'use strict';

const { HTTPParser } = require('_http_common');
const lenient = Number(process.argv[2] || 0);

function parse(kind, methods, bytes) {
  const parser = new HTTPParser();
  const answers = [];
  let message = null;
  let ended = false;
  let tunnel = false;
  let start = 0;

  const fresh = () => ({ code: '-', body: 0, interim: false });
  parser.initialize(kind === 'Q' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {}, 1 << 20, lenient);
  parser[HTTPParser.kOnMessageBegin] = () => { message = message || fresh(); };
  parser[HTTPParser.kOnHeaders] = () => {};
  parser[HTTPParser.kOnHeadersComplete] = (major, minor, headers, method, url, status) => {
    message = message || fresh();
    message.code = kind === 'Q' ? '+' : String(status);
    message.interim = kind === 'R' && status < 200 && status !== 101;
    const asked = methods[answers.length] || 'G';
    tunnel = kind === 'Q' ? bytes.toString('latin1', 0).startsWith('CONNECT ', start) :
      status === 101 || (asked === 'C' && status >= 200 && status < 300);
    return tunnel ? 2 : kind === 'R' && asked === 'H' ? 1 : 0;
  };
  parser[HTTPParser.kOnBody] = (chunk) => { message.body += chunk.length; };
  parser[HTTPParser.kOnMessageComplete] = () => { ended = true; };

  const finish = (how, end) => {
    answers.push(`${message ? message.code : '-'} ${message ? message.body : 0} ${end} ${how}`);
    message = null;
  };
  for (let at = 0; at < bytes.length; at++) {
    if (!message && (bytes[at] === 13 || bytes[at] === 10))
      start = at + 1;
    const ret = parser.execute(bytes.subarray(at, at + 1));
    if (ret instanceof Error) {
      finish(`bad ${ret.code}`, start);
      return answers;
    }
    if (tunnel) {
      message.body = bytes.length - at - 1;
      finish('tunnel', 0);
      return answers;
    }
    if (!ended)
      continue;
    ended = false;
    if (message.interim) {
      message = fresh();
      continue;
    }
    finish('done', at + 1);
    start = at + 1;
  }
  if (message) {
    parser.finish();
    finish(ended && !message.interim ? 'close' : 'open', 0);
  }
  return answers;
}

let input = Buffer.alloc(0);
process.stdin.on('data', (data) => {
  input = Buffer.concat([input, data]);
  for (;;) {
    const end = input.indexOf(10);
    if (end < 0)
      return;
    const [kind, methods, length] = input.toString('latin1', 0, end).split(' ');
    if (input.length < end + 1 + Number(length))
      return;
    const bytes = Buffer.from(input.subarray(end + 1, end + 1 + Number(length)));
    input = input.subarray(end + 1 + Number(length));
    process.stdout.write(parse(kind, methods, bytes).join(';') + '\n');
  }
});

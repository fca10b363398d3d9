import { setFlagsFromString } from 'node:v8';
import { runAgent } from './main.ts';

// V8's space for young objects grows up to 128 MB on a machine with much memory, and an import makes it grow. Kept small
// an import took 195 MB at most instead of 263 (`npm run bench -- --only agent-memory`), and no more processor time.
setFlagsFromString('--semi-space-growth-factor=1');
// What an import leaves behind in the old space, V8 lets grow to several times of what is alive. Collected when there is
// 60 % more, an import took 132 MB instead of 176, and hardly more processor time.
setFlagsFromString('--heap-growing-percent=60');

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

// No top-level await: the bundle is CommonJS. The exit is explicit, since a broken connection must not keep the process.
void runAgent(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stop.signal,
}).then((code) => process.exit(code));

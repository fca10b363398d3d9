import { runAgent } from './main.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

// No top-level await: the bundle is CommonJS. The exit is explicit, since a broken connection must not keep the process.
void runAgent(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stop.signal,
}).then((code) => process.exit(code));

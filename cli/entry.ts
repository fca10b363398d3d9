import { runCommand } from './main.ts';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

// "dirbridge journal | head": whoever reads us has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

// No top-level await: the bundle is CommonJS. The exit is explicit, since idle connections would keep the process; the
// empty write waits until everything before it is out.
void runCommand(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stop.signal,
  now: Date.now,
}).then((code) => process.stdout.write('', () => process.exit(code)));

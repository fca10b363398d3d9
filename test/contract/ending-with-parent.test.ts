import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';

const children = new URL('../../local/children.ts', import.meta.url).href;

/** Says its port, and does nothing at SIGTERM unless it is told to. */
const server = (atTerm: string): string =>
  `const server = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, pid: process.pid })));
   process.on('SIGTERM', () => { ${atTerm} });`;

/** A process that starts the server as everything local is started, and passes on what it said. */
const parent = (code: string, then: string): string =>
  `import { startChild } from ${JSON.stringify(children)};
   const child = await startChild('server', [process.execPath, '-e', ${JSON.stringify(code)}], { hasOwnGroup: true });
   console.log(JSON.stringify(child.ready));
   ${then}`;

async function startParent(code: string, then: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', parent(code, then)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { port: number; pid: number }) };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
  });
}

async function untilClosed(port: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (!(await isListening(port))) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

test.skipIf(process.platform === 'win32')(
  'a process does not outlive the one that started it and was killed',
  async () => {
    const { child, port, pid } = await startParent(server('process.exit(0)'), 'setInterval(() => {}, 1e6);');
    expect(await isListening(port)).toBe(true);
    child.kill('SIGKILL');
    const isGone = await untilClosed(port, 20_000);
    if (!isGone) process.kill(pid, 'SIGKILL');
    expect(isGone).toBe(true);
  },
);

test.skipIf(process.platform === 'win32')(
  'one that does not end when it is asked to is killed as well',
  async () => {
    const { child, port, pid } = await startParent(server(''), 'process.exit(1);');
    await once(child, 'close');
    const isGone = await untilClosed(port, 25_000);
    if (!isGone) process.kill(pid, 'SIGKILL');
    expect(isGone).toBe(true);
  },
);

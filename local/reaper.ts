import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/**
 * Its standard input ends when we do, however we end (SIGKILL too); it then ends whom we left behind. A shell, since it
 * is there on every system that has signals, and weighs a megabyte.
 */
const script = `
trap '' INT TERM HUP
pids=
while read -r sign pid; do
  rest=
  for one in $pids; do [ "$one" = "$pid" ] || rest="$rest $one"; done
  pids=$rest
  [ "$sign" = + ] && pids="$pids $pid"
done
[ -z "$pids" ] && exit 0
kill -TERM $pids 2>/dev/null
sleep 5
kill -KILL $pids 2>/dev/null
`;

let reaper: Writable | null = null;

/** Makes sure that a process started by this one does not outlive it: SIGTERM when we are gone, SIGKILL five seconds later. */
export function endWithUs(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || process.platform === 'win32') return;
  const input = (reaper ??= startReaper());
  input.write(`+ ${pid}\n`);
  child.once('exit', () => input.write(`- ${pid}\n`));
}

function startReaper(): Writable {
  // A group of its own: Ctrl-C in the terminal must not end it before us.
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  const { stdin: input } = shell;
  if (input instanceof Socket) input.unref();
  // Without a shell the processes are merely left behind, as they would be without us.
  shell.on('error', () => undefined);
  input.on('error', () => undefined);
  return input;
}

import { spawn } from 'node:child_process';

/** Everything that needs no server: one line a check, its output only where it fails. */
const checks: readonly (readonly [name: string, ...command: string[]])[] = [
  ['types', 'tsc', '-p', '.'],
  ['lint', 'eslint', '.'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  [
    'walls',
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    'agent',
    'cli',
    'functions',
    'shared',
    'local',
    'bin',
    'test',
  ],
  ['dead code', 'knip', '--no-progress'],
];

function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const [file = '', ...args] = command;
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: false });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

let failed = 0;
for (const [name, ...command] of checks) {
  const startedAt = performance.now();
  const { code, output } = await run(command);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(10)} ${seconds} s`);
  if (code !== 0) {
    failed += 1;
    console.log(output.trimEnd());
  }
}
if (failed > 0) process.exit(1);

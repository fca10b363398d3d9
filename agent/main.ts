import { Command, CommanderError } from 'commander';
import { errorFields } from '../shared/telemetry/error-fields.ts';
import { SyncError } from '../shared/errors/sync-error.ts';
import { checkAgent } from './check.ts';
import { agentVersion, composeAgent, type AgentEnvironment } from './composition.ts';
import { loadAgentFile } from './configuration/load-agent-file.ts';
import { createKeyFile } from './configuration/signing-key.ts';
import { lead } from './lead.ts';
import { connectController } from '../shared/adapters/active-directory/domain-controller.ts';
import { hearRejectionsOfTheSdk } from '../shared/adapters/service-bus/unheard-rejections.ts';
import type { AgentParts } from './agent-parts.ts';

export interface AgentIo extends AgentEnvironment {
  readonly stderr: { write(text: string): unknown };
  /** Fires at SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
}

/** Time for finishing what is under way after a stop; service managers kill after longer. */
const stopMs = 4_000;
const lastWordsMs = 1_500;

/** @returns the exit code: 0 clean stop, 2 configuration, 3 something that waiting does not mend, 1 a mistake of ours. */
export async function runAgent(argv: readonly string[], io: AgentIo): Promise<number> {
  let code = 0;
  const program = new Command('agent')
    .description('Relay agent: publishes changes of a directory to Service Bus')
    .version(agentVersion)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    });
  program
    .command('run')
    .description('run until SIGTERM')
    .requiredOption('--config <file>', 'agent.yaml')
    .action(async ({ config }: { config: string }) => {
      code = await run(config, io);
    });
  program
    .command('check')
    .description('try configuration, directory and Service Bus, and say what is wrong')
    .requiredOption('--config <file>', 'agent.yaml')
    .action(async ({ config }: { config: string }) => {
      code = await checkAgent(config, io);
    });
  program
    .command('keygen')
    .description('make a signing key')
    .requiredOption('--out <file>', 'new file; an existing one is never overwritten')
    .action(({ out }: { out: string }) => {
      const { keyId, publicKey } = createKeyFile(out);
      io.stdout.write(`${JSON.stringify({ keyId, publicKey })}\n`);
    });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return failed(error, io);
  }
}

async function run(configPath: string, io: AgentIo): Promise<number> {
  const file = loadAgentFile(configPath);
  const hard = new AbortController();
  const parts = composeAgent(file, io, hard.signal);
  const { log, reporter, status } = parts;
  hearRejectionsOfTheSdk(log);
  const soft = new AbortController();
  const stop = (): void => {
    soft.abort();
    setTimeout(() => hard.abort(new SyncError('LEASE_LOST', 'stopped')), stopMs).unref();
  };
  if (io.stop.aborted) stop();
  io.stop.addEventListener('abort', stop, { once: true });
  log.info('agent started', { version: agentVersion, keyId: parts.publishing.key.keyId, pid: process.pid });
  let failure: unknown = null;
  const reports = reporter.run(status, soft.signal);
  try {
    await tryBind(parts);
    await lead(parts, { soft: soft.signal, hard: hard.signal });
  } catch (error) {
    failure = error;
  }
  const exitCode = failure === null ? 0 : failed(failure, io);
  if (failure !== null) log.error('agent stops', errorFields(failure));
  soft.abort();
  status.become('stopped');
  const problem = failure instanceof SyncError ? { code: failure.code, message: failure.message } : null;
  await reporter.lastWords(problem, status.heartbeat(), lastWordsMs);
  hard.abort(new SyncError('LEASE_LOST', 'stopped'));
  await Promise.race([Promise.allSettled([reports, parts.close()]), parts.clock.sleep(1_000)]);
  if (failure === null) log.info('agent stopped');
  return exitCode;
}

/** A wrong password or certificate is told at once, also by an agent that would only stand by. */
async function tryBind({ access, log }: AgentParts): Promise<void> {
  for (const url of access.urls) {
    try {
      (await connectController(access, url)).close();
      return;
    } catch (error) {
      if (!(error instanceof SyncError) || error.disposition !== 'retry') throw error;
      log.debug('a domain controller does not answer', { url, code: error.code });
    }
  }
}

function failed(error: unknown, io: AgentIo): number {
  if (!(error instanceof SyncError)) {
    io.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
  io.stderr.write(`${error.code}: ${error.message}\n${error.action}\n`);
  if (error.code === 'CONFIG_INVALID') return 2;
  return error.disposition === 'stop' ? 3 : 1;
}

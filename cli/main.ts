import { CommanderError } from 'commander';
import { errorCodes } from '../shared/errors/error-codes.ts';
import { SyncError } from '../shared/errors/sync-error.ts';
import { commandContext } from './command-context.ts';
import { CommandError, interrupted } from './command-error.ts';
import type { CommandIo } from './command-io.ts';
import { applyEnvFile } from './environment.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { commandProgram, type GlobalOptions } from './program.ts';
import { paintFor } from './text/paint.ts';

/** Runs one command line and tells its result; never throws. @returns the exit code (exit-codes.ts). */
export async function runCommand(argv: readonly string[], io: CommandIo): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  let isJson = argv.includes('--json');
  const program = commandProgram(async (command) => {
    const { json, envFile } = program.opts<GlobalOptions>();
    isJson = json === true;
    if (envFile !== undefined) applyEnvFile(envFile, io.env);
    const outcome = await command(commandContext(io));
    io.stdout.write(`${isJson ? JSON.stringify(outcome.data, null, 2) : outcome.text}\n`);
    if (outcome.next !== undefined) io.stderr.write(`${outcome.next}\n`);
    code = outcome.exitCode ?? exitCodes.ok;
  });
  for (const command of [program, ...program.commands.flatMap((group) => [group, ...group.commands])])
    command.exitOverride().configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  try {
    await Promise.race([program.parseAsync([...argv], { from: 'user' }), untilStopped(io.stop)]);
    return code;
  } catch (error) {
    return tellFailure(io.stop.aborted ? interrupted() : error, isJson, io);
  }
}

/** Ctrl-C ends at once: whatever was asked of the operator function is accepted or not, and repeating it is safe. */
function untilStopped(stop: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    stop.addEventListener('abort', () => reject(interrupted()), { once: true });
  });
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly action: string | null;
  readonly exitCode: ExitCode;
}

function tellFailure(error: unknown, isJson: boolean, io: CommandIo): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.ok;
    // commander has written its message or the help to standard error already.
    const message = error.code === 'commander.help' ? 'a command is missing' : error.message;
    if (isJson) tellJson({ code: 'USAGE', message, action: null }, io);
    return exitCodes.usage;
  }
  const { exitCode, ...failure } = failureOf(error);
  if (exitCode === exitCodes.interrupted) {
    io.stderr.write('\ninterrupted\n');
    return exitCode;
  }
  if (isJson) tellJson(failure, io);
  const paint = paintFor(io.stderr, io.env);
  io.stderr.write(`${paint('red', 'error')}: ${failure.message}\n`);
  if (failure.action !== null) io.stderr.write(`${failure.action}\n`);
  return exitCode;
}

function tellJson(error: Omit<Failure, 'exitCode'>, io: CommandIo): void {
  io.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
}

function failureOf(error: unknown): Failure {
  if (error instanceof CommandError) {
    const { code, message, action, exitCode } = error;
    return { code, message, action, exitCode };
  }
  if (error instanceof SyncError)
    return {
      code: error.code,
      message: error.message,
      action: actionOf(error),
      exitCode: error.code === 'CONFIG_INVALID' ? exitCodes.usage : exitCodes.failure,
    };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'UNEXPECTED',
    message: `this should not happen\n${text}`,
    action: null,
    exitCode: exitCodes.failure,
  };
}

/** The table's words are for the function app; for a person at a terminal there is more to say. */
function actionOf(error: SyncError): string {
  if (error.code === 'CONFIG_INVALID') return 'Correct the settings, or name a file of them with --env-file.';
  if (error.code !== 'STATE_UNREACHABLE') return error.action;
  if (/\(status 40[13]/.test(error.message))
    return 'You need the role Storage Table Data Reader on the state account.';
  if (/AuthenticationError|CredentialUnavailable/.test(error.message))
    return 'Sign in first, for example with "az login".';
  return `${errorCodes.STATE_UNREACHABLE.action} On a laptop: is "npm run dev" running?`;
}

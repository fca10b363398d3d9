import type { TokenCredential } from '@azure/identity';
import * as z from 'zod';
import { CommandError, interrupted } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import { oneLine } from './text/one-line.ts';

export interface OperatorClientOptions {
  readonly url: string;
  readonly audience: string;
  readonly credential: TokenCredential;
  readonly stop: AbortSignal;
  readonly answerMsMax?: number;
}

export type OperatorKind =
  'approve' | 'reject' | 'publish-rules' | 'apply-plan' | 'trust-agent' | 'forget-agents';

export interface OperatorClient {
  /** Asks the operator function; what it answers to an accepted request. */
  ask(kind: OperatorKind, body: unknown): Promise<Readonly<Record<string, unknown>>>;
}

/** A cold start of the function app takes seconds, publishing writes a row for each partition. */
const answerMsMax = 90_000;

const refusal = z.object({ code: z.string(), message: z.string(), action: z.string() });

/** The operator function over HTTP, with the token of whoever is signed in. */
export function operatorClient(options: OperatorClientOptions): OperatorClient {
  return {
    async ask(kind, body) {
      const token = await tokenFor(options);
      const answer = await post(options, kind, token, body);
      if (answer.status === 202) return readAccepted(answer.text);
      throw refused(answer, options.url);
    },
  };
}

async function tokenFor({ audience, credential, stop }: OperatorClientOptions): Promise<string> {
  try {
    const token = await credential.getToken(`${audience}/.default`, { abortSignal: stop });
    if (token !== null) return token.token;
  } catch (cause) {
    if (stop.aborted) throw interrupted();
    throw new CommandError('NO_TOKEN', `no token for ${audience} could be had (${nameOf(cause)})`, {
      action: `Sign in, for example with "az login --scope ${audience}/.default", or set IDENTITY_ENDPOINT or AZURE_CLIENT_ID and its secret.`,
      cause,
    });
  }
  throw new CommandError('NO_TOKEN', `no token for ${audience} could be had`);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function post(
  options: OperatorClientOptions,
  kind: OperatorKind,
  token: string,
  body: unknown,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(options.answerMsMax ?? answerMsMax);
  try {
    const response = await fetch(`${options.url}/api/operator/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // A redirect would carry the token to wherever it points.
      redirect: 'manual',
      signal: AbortSignal.any([options.stop, timeout]),
    });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    if (options.stop.aborted) throw interrupted();
    if (timeout.aborted)
      throw new CommandError('OPERATOR_SILENT', `the operator function at ${options.url} did not answer`, {
        action: 'It may have accepted the request all the same; asking again is safe.',
        cause,
      });
    throw new CommandError(
      'OPERATOR_UNREACHABLE',
      `the operator function at ${options.url} cannot be reached (${nameOf(cause)})`,
      { action: 'Check DIRBRIDGE_OPERATOR_URL, the network, and that the function app runs.', cause },
    );
  }
}

function readAccepted(text: string): Readonly<Record<string, unknown>> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(readJson(text));
  if (parsed.success) return parsed.data;
  throw new CommandError('OPERATOR_GARBAGE', 'the answer is not one of the operator function', {
    action: 'Check DIRBRIDGE_OPERATOR_URL and any proxy in between.',
  });
}

function refused({ status, text }: Answer, url: string): CommandError {
  const parsed = refusal.safeParse(readJson(text));
  const isRefusal = status === 400 || status === 401 || status === 403;
  if (parsed.success) {
    const { code, message, action } = parsed.data;
    return new CommandError(code, message, {
      exitCode: isRefusal ? exitCodes.refused : exitCodes.failure,
      action,
    });
  }
  const [where, action] =
    status === 404
      ? [
          'there is no operator function',
          'Check DIRBRIDGE_OPERATOR_URL: it is the address of the function app.',
        ]
      : [`status ${status}`, 'Look at the log of the function app; asking again is safe.'];
  const first = oneLine(text.trim()).slice(0, 200);
  return new CommandError(
    `OPERATOR_${status}`,
    `${url} answered: ${where}${first === '' ? '' : ` (${first})`}`,
    {
      exitCode: isRefusal ? exitCodes.refused : exitCodes.failure,
      action: isRefusal ? 'Something before the operator function refused the request.' : action,
    },
  );
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Names and system codes only: messages of Azure's SDK run over pages and may quote requests. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const inner = error.cause instanceof Error ? error.cause : error;
  return 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.name;
}

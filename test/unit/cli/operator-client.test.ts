import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CommandError } from '../../../cli/command-error.ts';
import { operatorClient } from '../../../cli/operator-client.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;
const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function clientOf(answer: Answer, { stop = new AbortController(), answerMsMax = 60_000 } = {}) {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => answer(request, response, body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return operatorClient({
    url: `http://127.0.0.1:${port}`,
    audience: 'api://dirbridge',
    credential: {
      getToken: (scope) => Promise.resolve({ token: `for ${String(scope)}`, expiresOnTimestamp: 0 }),
    },
    stop: stop.signal,
    answerMsMax,
  });
}
const reply =
  (status: number, body: string, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
const failureOf = async (answer: Answer, answerMsMax?: number) => {
  const client = await clientOf(answer, answerMsMax === undefined ? {} : { answerMsMax });
  const error = await client.ask('approve', {}).catch((thrown: unknown) => thrown);
  if (!(error instanceof CommandError)) throw new Error(`not a CommandError: ${String(error)}`);
  return { code: error.code, exitCode: error.exitCode, message: error.message, action: error.action ?? '' };
};
const refusalBody = JSON.stringify({
  code: 'OPERATOR_INVALID',
  message: 'no such hold: x',
  action: 'See the reason.',
});

describe('the operator function over HTTP', () => {
  test('gets the request with the token of its audience; its answer comes back', async () => {
    const seen: unknown[] = [];
    const client = await clientOf((request, response, body) => {
      seen.push(request.method, request.url, request.headers.authorization, JSON.parse(body));
      reply(202, '{"requestId":"r1"}')(request, response, body);
    });
    expect(await client.ask('publish-rules', { files: [] })).toEqual({ requestId: 'r1' });
    expect(seen).toEqual([
      'POST',
      '/api/operator/publish-rules',
      'Bearer for api://dirbridge/.default',
      { files: [] },
    ]);
  });

  test.each([400, 401, 403])('a refusal (%d) is told with its reason: exit code 3', async (status) => {
    expect(await failureOf(reply(status, refusalBody))).toEqual({
      code: 'OPERATOR_INVALID',
      exitCode: 3,
      message: 'no such hold: x',
      action: 'See the reason.',
    });
  });

  test('an outage of the function app is no refusal', async () => {
    expect(await failureOf(reply(503, refusalBody))).toMatchObject({ exitCode: 1 });
    expect(await failureOf(reply(500, ''))).toMatchObject({ code: 'OPERATOR_500', exitCode: 1 });
  });

  test('an address without the function is told from one that refuses', async () => {
    const missing = await failureOf(reply(404, ''));
    expect(missing).toMatchObject({ code: 'OPERATOR_404', exitCode: 1 });
    expect(missing.action).toContain('DIRBRIDGE_OPERATOR_URL');
    const page = await failureOf(reply(403, '<html>\u001b[31mIp Forbidden</html>'));
    expect(page).toMatchObject({ code: 'OPERATOR_403', exitCode: 3 });
    expect(page.message).not.toContain('\u001b');
  });

  test('the token does not follow a redirect', async () => {
    const visited: string[] = [];
    const failure = await failureOf((request, response, body) => {
      visited.push(request.url ?? '');
      reply(307, '', { location: '/elsewhere' })(request, response, body);
    });
    expect(failure.exitCode).toBe(1);
    expect(visited).toEqual(['/api/operator/approve']);
  });

  test('an answer that is none is not taken for success', async () => {
    expect(await failureOf(reply(202, '<html>'))).toMatchObject({ code: 'OPERATOR_GARBAGE', exitCode: 1 });
  });

  test('silence and a closed port are told apart', async () => {
    expect(await failureOf(() => undefined, 200)).toMatchObject({ code: 'OPERATOR_SILENT', exitCode: 1 });
    const dropped = await failureOf((request) => request.socket.destroy());
    expect(dropped).toMatchObject({ code: 'OPERATOR_UNREACHABLE', exitCode: 1 });
  });

  test('Ctrl-C while it answers ends the wait', async () => {
    const stop = new AbortController();
    const client = await clientOf(() => stop.abort(), { stop });
    await expect(client.ask('approve', {})).rejects.toMatchObject({ exitCode: 130 });
  });

  test('no sign-in says how to sign in, without the SDK’s pages of text', async () => {
    const client = operatorClient({
      url: 'http://127.0.0.1:9',
      audience: 'api://dirbridge',
      credential: {
        getToken: () =>
          Promise.reject(Object.assign(new Error('pages of text'), { name: 'AggregateAuthenticationError' })),
      },
      stop: new AbortController().signal,
    });
    await expect(client.ask('approve', {})).rejects.toMatchObject({
      code: 'NO_TOKEN',
      exitCode: 1,
      message: 'no token for api://dirbridge could be had (AggregateAuthenticationError)',
      action: expect.stringContaining('az login') as string,
    });
  });
});

import type { AccessToken, TokenCredential } from '@azure/identity';
import { describe, expect, test } from 'vitest';
import { tokenSource } from '../../../shared/adapters/graph/token-source.ts';

const hour = 3_600_000;
const forever = new AbortController().signal;

function credentialGiving(answers: readonly (() => Promise<AccessToken | null>)[]) {
  let asked = 0;
  const credential: TokenCredential = {
    getToken: () => answers[asked++]?.() ?? Promise.reject(new Error('asked too often')),
  };
  return { credential, asked: () => asked };
}
const token = (name: string, expiresOnTimestamp: number) => () =>
  Promise.resolve({ token: name, expiresOnTimestamp });

describe('one token for the process', () => {
  test('many askers share one request, and the token serves until it nears its end', async () => {
    let now = 0;
    const { credential, asked } = credentialGiving([token('a', hour), token('b', 2 * hour)]);
    const source = tokenSource(credential, 's', () => now);
    expect(await Promise.all([source.token(forever), source.token(forever)])).toEqual(['a', 'a']);
    now = hour - 6 * 60_000;
    expect(await source.token(forever)).toBe('a');
    expect(asked()).toBe(1);
    now = hour - 4 * 60_000;
    // Renewed behind the asker's back, who does not wait.
    expect(await source.token(forever)).toBe('a');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await source.token(forever)).toBe('b');
    expect(asked()).toBe(2);
  });

  test('a renewal that fails does not matter while the old token serves, and is told when it has ended', async () => {
    let now = 0;
    const failing = () => Promise.reject(new Error('no identity'));
    const { credential } = credentialGiving([token('a', hour), failing, failing, token('b', 3 * hour)]);
    const source = tokenSource(credential, 's', () => now);
    await source.token(forever);
    now = hour - 60_000;
    expect(await source.token(forever)).toBe('a');
    await new Promise((resolve) => setImmediate(resolve));
    now = hour + 1;
    await expect(source.token(forever)).rejects.toThrow('no identity');
    expect(await source.token(forever)).toBe('b');
  });

  test('a dropped token is not used again', async () => {
    const { credential } = credentialGiving([token('a', hour), token('b', hour)]);
    const source = tokenSource(credential, 's', () => 0);
    await source.token(forever);
    source.drop();
    expect(await source.token(forever)).toBe('b');
  });

  test('an asker without time left goes; the renewal goes on for others', async () => {
    let finish: (value: AccessToken) => void = () => undefined;
    const pending = new Promise<AccessToken>((resolve) => (finish = resolve));
    const { credential, asked } = credentialGiving([() => pending]);
    const source = tokenSource(credential, 's', () => 0);
    const hasty = new AbortController();
    const gone = source.token(hasty.signal);
    hasty.abort(new Error('deadline'));
    await expect(gone).rejects.toThrow('deadline');
    const patient = source.token(forever);
    finish({ token: 'a', expiresOnTimestamp: hour });
    expect(await patient).toBe('a');
    expect(asked()).toBe(1);
  });
});

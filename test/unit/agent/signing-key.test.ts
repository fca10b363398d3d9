import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createKeyFile, loadKeyFile } from '../../../agent/configuration/signing-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('makes a key that only its owner can read, and reads it back', () => {
  const path = join(folder, 'a.key');
  const made = createKeyFile(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(loadKeyFile(path)).toMatchObject({ keyId: made.keyId, publicKey: made.publicKey });
});

it('never overwrites a key', () => {
  const path = join(folder, 'b.key');
  const { keyId } = createKeyFile(path);
  expect(() => createKeyFile(path)).toThrow('never overwritten');
  expect(loadKeyFile(path).keyId).toBe(keyId);
});

it('refuses a key that others can read', () => {
  const path = join(folder, 'c.key');
  createKeyFile(path);
  chmodSync(path, 0o640);
  expect(() => loadKeyFile(path)).toThrow('chmod 600');
});

it('refuses another kind of key, and a file that holds none', () => {
  const path = join(folder, 'd.key');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  expect(() => loadKeyFile(path)).toThrow('no Ed25519 key');
  writeFileSync(join(folder, 'e.key'), 'hello', { mode: 0o600 });
  expect(() => loadKeyFile(join(folder, 'e.key'))).toThrow('no private key');
  expect(() => loadKeyFile(join(folder, 'none'))).toThrow('cannot be read');
});

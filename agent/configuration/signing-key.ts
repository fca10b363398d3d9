import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { keyIdOf, type SigningKey } from '../../shared/model/envelope-seal.ts';
import { readFile } from './read-secret.ts';

export interface AgentKey extends SigningKey {
  /** SPKI DER, base64: what `dirbridge agents trust` pins. */
  readonly publicKey: string;
}

/** Writes a new Ed25519 key that only its owner can read. @throws SyncError CONFIG_INVALID when the file exists. */
export function createKeyFile(path: string): AgentKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const why = isThere ? 'exists; a key is never overwritten' : 'cannot be written';
    throw new SyncError('CONFIG_INVALID', `${path} ${why}`, { cause });
  }
  return agentKey(privateKey);
}

/** @throws SyncError CONFIG_INVALID when others than the owner could read the key, or it is not one. */
export function loadKeyFile(path: string): AgentKey {
  const text = readFile(path, 'signingKey');
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
    throw new SyncError('CONFIG_INVALID', `signingKey: others can read ${path}; run chmod 600`);
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (cause) {
    throw new SyncError(
      'CONFIG_INVALID',
      `signingKey: ${path} holds no private key; make one with "agent keygen"`,
      { cause },
    );
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new SyncError(
      'CONFIG_INVALID',
      `signingKey: ${path} holds no Ed25519 key; make one with "agent keygen"`,
    );
  return agentKey(key);
}

function agentKey(privateKey: KeyObject): AgentKey {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, keyId: keyIdOf(spki), publicKey: spki.toString('base64') };
}

import type { AccessToken, TokenCredential } from '@azure/identity';

/** A token is renewed this long before it ends, while the old one still serves. */
const renewAheadMs = 5 * 60_000;

export interface TokenSource {
  /** @throws what the credential throws when there is no usable token. */
  token(signal: AbortSignal): Promise<string>;
  /** Forgets a token that the service did not accept. */
  drop(): void;
}

/** One token for all requests of the process; many askers share one renewal. */
export function tokenSource(
  credential: TokenCredential,
  scope: string,
  now: () => number = Date.now,
): TokenSource {
  let current: AccessToken | undefined;
  let renewal: Promise<AccessToken> | undefined;

  const renew = (): Promise<AccessToken> => {
    renewal ??= credential
      .getToken(scope)
      .then((token) => {
        if (token === null) throw new Error('the credential gave no token');
        current = token;
        return token;
      })
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  };

  return {
    async token(signal) {
      if (current !== undefined && current.expiresOnTimestamp - now() > renewAheadMs) return current.token;
      const renewing = renew();
      if (current !== undefined && current.expiresOnTimestamp > now()) {
        // The old one still serves; whether renewing fails is seen when it is needed.
        renewing.catch(() => undefined);
        return current.token;
      }
      return (await untilAborted(renewing, signal)).token;
    },
    drop() {
      current = undefined;
    },
  };
}

/** The renewal goes on for others when one asker has run out of time. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('no time left'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

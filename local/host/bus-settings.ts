import type { HostSettings } from './host-settings.ts';

/** host.json `extensions.serviceBus` with the defaults of extension 5. */
export interface BusSettings {
  readonly autoCompleteMessages: boolean;
  readonly maxAutoLockRenewalMs: number;
  readonly maxConcurrentCalls: number;
  readonly maxConcurrentSessions: number;
  readonly maxConcurrentCallsPerSession: number;
  readonly sessionIdleMs: number;
  readonly tryTimeoutMs: number;
  readonly maxMessageBatchSize: number;
}

const longestTimer = 2 ** 31 - 1;

export function readBusSettings(settings: HostSettings): BusSettings {
  const at = (name: string) => `extensions:serviceBus:${name}`;
  const tryTimeoutMs = Math.min(settings.duration(at('clientRetryOptions:tryTimeout'), 60_000), longestTimer);
  return {
    autoCompleteMessages: settings.boolean(at('autoCompleteMessages'), true),
    maxAutoLockRenewalMs: settings.duration(at('maxAutoLockRenewalDuration'), 300_000),
    // The extension multiplies by the cores of the instance; a laptop's are nobody's measure, so the documented 16 stands.
    maxConcurrentCalls: settings.count(at('maxConcurrentCalls'), 16),
    maxConcurrentSessions: settings.count(at('maxConcurrentSessions'), 8),
    maxConcurrentCallsPerSession: settings.count(at('maxConcurrentCallsPerSession'), 1),
    sessionIdleMs: Math.min(settings.duration(at('sessionIdleTimeout'), tryTimeoutMs), longestTimer),
    tryTimeoutMs,
    maxMessageBatchSize: settings.count(at('maxMessageBatchSize'), 1000),
  };
}

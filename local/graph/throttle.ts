import { Refusal } from './refusal.ts';

export type TenantSize = 'S' | 'M' | 'L';

export interface ThrottleOptions {
  readonly isOn: boolean;
  /** Fixed, or found from the number of users: under 50 S, up to 500 M, above L. */
  readonly size: TenantSize | undefined;
  /** Buckets fill this many times faster; their capacity and the costs stay. */
  readonly speed: number;
}

interface Bucket {
  readonly capacity: number;
  readonly windowMs: number;
  tokens: number;
  at: number;
}

interface Charge {
  readonly bucket: Bucket;
  readonly cost: number;
  readonly kind: 'Write' | 'ReadWrite';
  readonly scope: string;
}

const unitsPer10Seconds: Readonly<Record<TenantSize, number>> = { S: 3_500, M: 5_000, L: 8_000 };

/**
 * Identity and access limits of the throttling page: 3,000 writes in 150 s and resource units by tenant size for an app
 * in a tenant, 18,000 writes in 5 minutes for the tenant. One tenant lives here, so limits across tenants cannot be met.
 */
export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #tenantId: string;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: ThrottleOptions, tenantId: string) {
    this.#options = options;
    this.#tenantId = tenantId;
  }

  /** Takes the cost of a request or refuses it; a refused request costs nothing. Answers headers for the response. */
  charge(appId: string, units: number, isWrite: boolean, users: number, now: number): Record<string, string> {
    if (!this.#options.isOn) return {};
    const size = this.#options.size ?? sizeOf(users);
    const charges = this.#charges(appId, units, isWrite, size);
    for (const { bucket } of charges) this.#refill(bucket, now);
    const short = charges.find(({ bucket, cost }) => bucket.tokens < cost);
    if (short !== undefined) throw this.#refusal(short, appId);
    for (const { bucket, cost } of charges) bucket.tokens -= cost;
    const used = Math.max(...charges.map(({ bucket }) => 1 - bucket.tokens / bucket.capacity));
    const percentage = used >= 0.8 ? { 'x-ms-throttle-limit-percentage': used.toFixed(2) } : {};
    return { 'x-ms-resource-unit': String(units), ...percentage };
  }

  #charges(appId: string, units: number, isWrite: boolean, size: TenantSize): Charge[] {
    const reads: Charge = {
      bucket: this.#bucket(`units|${appId}|${size}`, unitsPer10Seconds[size], 10_000),
      cost: units,
      kind: 'ReadWrite',
      scope: 'Tenant_Application',
    };
    if (!isWrite) return [reads];
    const own = this.#bucket(`writes|${appId}`, 3_000, 150_000);
    const all = this.#bucket('writes', 18_000, 300_000);
    return [
      reads,
      { bucket: own, cost: 1, kind: 'Write', scope: 'Tenant_Application' },
      { bucket: all, cost: 1, kind: 'Write', scope: 'Tenant' },
    ];
  }

  #bucket(name: string, capacity: number, windowMs: number): Bucket {
    const bucket = this.#buckets.get(name) ?? { capacity, windowMs, tokens: capacity, at: 0 };
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #refill(bucket: Bucket, now: number): void {
    if (bucket.at > 0)
      bucket.tokens = Math.min(bucket.capacity, bucket.tokens + (now - bucket.at) * this.#rate(bucket));
    bucket.at = now;
  }

  #rate(bucket: Bucket): number {
    return (bucket.capacity / bucket.windowMs) * this.#options.speed;
  }

  #refusal({ bucket, cost, kind, scope }: Charge, appId: string): Refusal {
    const seconds = Math.max(1, Math.ceil((cost - bucket.tokens) / this.#rate(bucket) / 1000));
    return new Refusal(429, 'TooManyRequests', 'Too many requests. Please try again later.', [], {
      'retry-after': String(seconds),
      'x-ms-throttle-limit-percentage': '1.01',
      'x-ms-throttle-scope': `${scope}/${kind}/${appId}/${this.#tenantId}`,
      'x-ms-throttle-information': kind === 'Write' ? 'WriteLimitExceeded' : 'ResourceUnitLimitExceeded',
    });
  }
}

function sizeOf(users: number): TenantSize {
  if (users < 50) return 'S';
  return users <= 500 ? 'M' : 'L';
}

const EPOCH_1601_MS = 11_644_473_600_000n;

/** 100-nanosecond intervals since 1601, as pwdLastSet and its kind hold them. */
export function fileTime(ms: number): string {
  return ((BigInt(Math.round(ms)) + EPOCH_1601_MS) * 10_000n).toString();
}

export function msFromFileTime(value: string): number {
  return Number(BigInt(value) / 10_000n - EPOCH_1601_MS);
}

let lastSecond = -1;
let lastText = '';

/** Whole seconds, as AD keeps whenCreated; asked for with the same second thousands of times in a row. */
export function generalizedTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second === lastSecond) return lastText;
  lastSecond = second;
  lastText = `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}.0Z`;
  return lastText;
}

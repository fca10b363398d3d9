import type { Version } from '../contracts/primitives.ts';

/** Negative when `a` is older than `b`. */
export function compareVersions(a: Version, b: Version): number {
  return a.epoch === b.epoch ? a.n - b.n : a.epoch - b.epoch;
}

export function isNewer(a: Version, b: Version | null | undefined): boolean {
  return b === null || b === undefined || compareVersions(a, b) > 0;
}

export function laterVersion(a: Version | null, b: Version | null): Version | null {
  if (a === null) return b;
  if (b === null) return a;
  return compareVersions(a, b) >= 0 ? a : b;
}

export function formatVersion(version: Version): string {
  return `${version.epoch}.${version.n}`;
}

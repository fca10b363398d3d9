import type { PlanOperation } from '../plan/plan-file.ts';
import { namedHashes } from './named-hashes.ts';

/** What the operator function takes in one request. */
const hashesMax = 20_000;
/** It reads the whole body before it looks at it. */
const charactersMax = 1_500_000;
/** A hash in quotes with its comma. */
const hashCharacters = 23;

/** Operations of one connector that travel in one request: source key to hashes. */
export interface PlanPart {
  readonly connector: string;
  readonly operations: Readonly<Record<string, readonly string[]>>;
}

/** The hashes of a plan, connector by connector, in parts; the same plan always in the same ones. */
export function* planParts(operations: readonly PlanOperation[]): Generator<PlanPart> {
  for (const [connector, own] of Map.groupBy(operations, (one) => one.connector)) {
    let part = new Map<string, string[]>();
    let hashes = 0;
    let characters = 0;
    for (const operation of own) {
      const { key } = operation;
      for (const hash of namedHashes(operation)) {
        if (hashes >= hashesMax || characters >= charactersMax) {
          yield { connector, operations: Object.fromEntries(part) };
          part = new Map();
          [hashes, characters] = [0, 0];
        }
        const known = part.get(key) ?? [];
        if (known.length === 0) characters += key.length + 6;
        part.set(key, known);
        known.push(hash);
        hashes += 1;
        characters += hashCharacters;
      }
    }
    if (hashes > 0) yield { connector, operations: Object.fromEntries(part) };
  }
}

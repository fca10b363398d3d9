import type { Sync } from '../../shared/rules/rule-set.ts';
import { nameId, type UniqueName } from '../../shared/state/name-claim.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';

/** Whether rules offer several values for it, of which the first that is free is taken. */
export const isOffered = ({ flows }: Sync, property: string): boolean =>
  flows.some((flow) => flow.kind === 'value' && flow.target.path === property && flow.expression.isUnique);

/** The record that knows of names that others have, so that the next ones are offered. */
export function passOver(record: ObjectRecord, names: readonly UniqueName[]): ObjectRecord {
  if (names.length === 0) return record;
  const passedOver = [...new Set([...(record.passedOver ?? []), ...names.map(nameId)])];
  return { ...record, passedOver };
}

/** What others had counts while a creation is under way; whoever comes back later is offered all of them again. */
export const asOffered = (record: ObjectRecord): ObjectRecord =>
  record.attempt === null && (record.replans ?? 0) === 0 ? withoutPassed(record) : record;

export function withoutPassed({ passedOver: _passed, ...record }: ObjectRecord): ObjectRecord {
  return record;
}

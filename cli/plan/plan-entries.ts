import {
  operationHash,
  shownOperation,
  type Operation,
  type ValueChange,
} from '../../shared/plan/operation.ts';
import { memberHash } from '../../shared/plan/member-hash.ts';
import { updatePartHash } from '../../shared/plan/update-part-hash.ts';
import type { PlanOperation } from './plan-file.ts';
import type { PlannedObject, Target } from './planned-object.ts';

type Targets = ReadonlyMap<string, Target>;

/** Every operation of an object by its hash, members one by one, as a plan names them. */
export function* entriesOf(object: PlannedObject, targets: Targets): Generator<PlanOperation> {
  for (const operation of object.operations) {
    if (operation.kind !== 'add-members') {
      yield entryOf(object, operation, targets);
      continue;
    }
    for (const { key } of operation.members)
      yield {
        ...commonOf(object, operation),
        hash: memberHash(object.key, object.cloudId, 'add-member', key),
        kind: 'add-member',
        changes: { members: { before: null, after: key } },
        target: targetOf(key, targets),
      };
  }
}

function entryOf(object: PlannedObject, operation: Operation, targets: Targets): PlanOperation {
  const hash = operationHash(operation);
  const held = object.held.filter((part) => isPartOf(part.operation, operation));
  const heldParts = held.map((part) => ({
    hash: operationHash(part.operation),
    cause: part.cause,
    message: part.message,
  }));
  const target = targetKeyOf(operation);
  return {
    ...commonOf(object, operation),
    hash,
    kind: operation.kind === 'add-members' ? 'add-member' : operation.kind,
    changes: changesOf(shownOperation(operation)),
    ...(operation.kind === 'create' && operation.chosen !== undefined ? { chosen: operation.chosen } : {}),
    ...(operation.kind === 'update' ? { parts: partsOf(operation) } : {}),
    ...(target === null ? {} : { target: targetOf(target, targets) }),
    ...(heldParts.length === 0 ? {} : { held: heldParts }),
  };
}

function commonOf(object: PlannedObject, { reasons }: Operation) {
  const { key, connector, cloudClass, cloudId, label, sync } = object;
  const rules = [...new Set(reasons.map(({ rule }) => rule))];
  return { key, connector, class: cloudClass, sync: sync.name, cloudId, label, rules };
}

/** A part of an update is of the same object and of one of its properties. */
function isPartOf(part: Operation, whole: Operation): boolean {
  if (part === whole) return true;
  if (part.kind !== 'update' || whole.kind !== 'update') return false;
  return Object.keys(part.changes).every((path) => whole.changes[path] === part.changes[path]);
}

function partsOf({
  key,
  cloudId,
  changes,
}: Extract<Operation, { kind: 'update' }>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(changes).map(([path, change]) => [path, updatePartHash({ key, cloudId }, path, change)]),
  );
}

function changesOf(operation: Operation): Readonly<Record<string, ValueChange>> {
  switch (operation.kind) {
    case 'create':
      return Object.fromEntries(
        Object.entries(operation.values).map(([path, after]) => [path, { before: null, after }]),
      );
    case 'update':
      return operation.changes;
    case 'enable':
    case 'disable':
      return { accountEnabled: { before: operation.before, after: operation.kind === 'enable' } };
    case 'set-reference':
      return { [operation.name]: { before: operation.before, after: operation.target } };
    case 'clear-reference':
      return { [operation.name]: { before: operation.before, after: null } };
    case 'remove-member':
      return { members: { before: operation.member.key, after: null } };
    case 'add-members':
    case 'restore':
    case 'revoke-sessions':
    case 'delete':
      return {};
  }
}

function targetKeyOf(operation: Operation): string | null {
  if (operation.kind === 'set-reference') return operation.target;
  return operation.kind === 'remove-member' ? operation.member.key : null;
}

function targetOf(key: string, targets: Targets): NonNullable<PlanOperation['target']> {
  const target = targets.get(key);
  return { key, label: target?.label ?? key, isMade: target?.isMade === true };
}

import type { CloudClass } from '../model/link.ts';
import type { Operation } from './operation.ts';

/** A single-valued reference whose target was looked up: `cloudId` null while the target is not in the cloud. */
export interface ResolvedReference {
  readonly targetKey: string;
  readonly cloudId: string | null;
}

export interface ReferenceInput {
  readonly key: string;
  readonly cloudClass: CloudClass;
  /** Name of the sync. */
  readonly sync: string;
  /** Null while the object itself is not in the cloud. */
  readonly cloudId: string | null;
  readonly applied: Readonly<Record<string, string>>;
  readonly isAppliedUnknown: boolean;
  readonly wanted: Readonly<Record<string, ResolvedReference | null>>;
  readonly versionOf: (name: string) => string | null;
}

export interface ReferencePlan {
  readonly operations: readonly Operation[];
  /** References that wait for their target to be in the cloud. */
  readonly waitingFor: readonly { readonly name: string; readonly targetKey: string }[];
}

/** What is to be done so that single-valued references (manager) point where the rules want them. */
export function planReferences(input: ReferenceInput): ReferencePlan {
  const { key, cloudClass, cloudId, isAppliedUnknown } = input;
  const operations: Operation[] = [];
  const waitingFor: { name: string; targetKey: string }[] = [];
  for (const [name, wanted] of Object.entries(input.wanted)) {
    const before = input.applied[name] ?? null;
    const reasons = [{ rule: `${input.sync}.${name}`, version: input.versionOf(name) }];
    const common = { key, cloudClass, name, reasons };
    if (wanted === null) {
      // A reference that an unrecorded write may have set is not known here: taking away what is not there is harmless.
      if ((before !== null || isAppliedUnknown) && cloudId !== null)
        operations.push({ ...common, kind: 'clear-reference', cloudId, before });
    } else if (wanted.cloudId === null) {
      waitingFor.push({ name, targetKey: wanted.targetKey });
    } else if (before !== wanted.cloudId || isAppliedUnknown) {
      const { targetKey: target, cloudId: targetCloudId } = wanted;
      operations.push({ ...common, kind: 'set-reference', cloudId, before, target, targetCloudId });
    }
  }
  return { operations, waitingFor };
}

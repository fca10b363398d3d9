import { planReferences } from '../../shared/plan/plan-references.ts';
import type { MemberTarget } from '../../shared/plan/operation.ts';
import { targetIdOf, type PlannedObject } from './planned-object.ts';
import type { PendingGroup, PendingReference, Survey } from './survey.ts';

/** Plans references and memberships, now that all targets are known: those in the cloud, and those the plan makes. */
export function settleLinks(survey: Survey): void {
  const listed = new Set(survey.planned);
  const list = (object: PlannedObject): void => {
    if (!listed.has(object)) survey.planned.push(object);
    listed.add(object);
  };
  for (const pending of survey.references) if (settleReference(survey, pending)) list(pending.of);
  for (const pending of survey.groups) if (settleGroup(survey, pending)) list(pending.of);
  // They hold what nobody needs any more.
  survey.references.length = 0;
  survey.groups.length = 0;
}

/** False: it is as it should be, or waits. */
function settleReference(survey: Survey, pending: PendingReference): boolean {
  const { of, name, target, before, cloudId, isAppliedUnknown, version } = pending;
  const found = targetIdOf(survey.targets.get(target));
  if (found === before && !isAppliedUnknown) return false;
  const { operations, waitingFor } = planReferences({
    key: of.key,
    cloudClass: of.sync.targetClass,
    sync: of.sync.name,
    cloudId,
    applied: before === null ? {} : { [name]: before },
    isAppliedUnknown,
    wanted: { [name]: { targetKey: target, cloudId: found } },
    versionOf: () => version,
  });
  survey.waitingReferences += waitingFor.length;
  of.operations.push(...operations);
  return operations.length > 0;
}

function settleGroup(survey: Survey, { of, cloudId, add, remove }: PendingGroup): boolean {
  const additions: MemberTarget[] = [];
  for (const { key, applied } of add) {
    const found = targetIdOf(survey.targets.get(key));
    if (found === null) survey.waitingMembers += 1;
    else if (found !== applied) additions.push({ key, cloudId: found });
  }
  const common = {
    key: of.key,
    cloudClass: of.cloudClass,
    // No request is made of it; memberHash takes null for a group that the plan makes.
    cloudId: cloudId ?? '',
    reasons: [{ rule: `${of.sync.name}.members`, version: null }],
  };
  for (const { key, cloudId: member, isDoubtful } of remove) {
    of.operations.push({ ...common, kind: 'remove-member', member: { key, cloudId: member } });
    if (isDoubtful) of.doubtfulMembers.add(key);
  }
  if (additions.length > 0) of.operations.push({ ...common, kind: 'add-members', members: additions });
  return additions.length + remove.length > 0;
}

import type { StagedObject } from '../model/staged-object.ts';
import { computeAnchor } from './anchor.ts';
import { flowAttributes, scopeAttributes } from './capture-needs.ts';
import { isNotCoercible } from './expressions/coercions.ts';
import type { EvaluationInput } from './expressions/compiled-expression.ts';
import { hasMailboxOnPremises, isResourceMailbox } from './mailbox-kind.ts';
import { earliest } from './earliest.ts';
import { projectFlows } from './project-flows.ts';
import type { Projection, ProjectionContext } from './projection.ts';
import { redactedTargets } from './redacted-targets.ts';
import type { Sync } from './rule-set.ts';
import { judgeScope } from './scope.ts';
import { StagedReader } from './staged-reader.ts';

/** Per sync, since looking them up for each of a hundred thousand objects would cost more than the flows. */
const neededBySync = new WeakMap<
  Sync,
  { readonly scope: readonly string[]; readonly flows: readonly string[] }
>();

function neededBy(sync: Sync): { readonly scope: readonly string[]; readonly flows: readonly string[] } {
  const known = neededBySync.get(sync);
  if (known !== undefined) return known;
  const needed = { scope: scopeAttributes(sync), flows: flowAttributes(sync) };
  neededBySync.set(sync, needed);
  return needed;
}

const waitingFor = (attributes: readonly string[], containers: readonly string[] = []): Projection => ({
  kind: 'waiting',
  attributes,
  containers,
});

/**
 * Computes what the cloud object should be. Objects that are deleted at their source are the planner's business.
 *
 * An attribute that was never read is unknown, never empty: the object waits rather than being blanked or thrown out. What
 * lies outside the scope does not wait for attributes of flows.
 */
export function project(sync: Sync, staged: StagedObject, context: ProjectionContext): Projection {
  const reader = new StagedReader(staged);
  const needed = neededBy(sync);
  const isUnknown = (name: string): boolean => reader.knowledge(name) === 'unknown';

  const unknownInScope = needed.scope.filter(isUnknown);
  if (unknownInScope.length > 0) return waitingFor(unknownInScope);
  const input: EvaluationInput = {
    read: (name) => reader.read(name),
    now: context.now,
    parameters: context.parameters,
  };
  const scope = judgeScope(sync, staged, reader, input, context.containers);
  if (scope.kind === 'unplaced') return waitingFor(['dn']);
  if (scope.kind === 'unresolved') return waitingFor([], scope.containers);
  if (scope.kind === 'failed') return { kind: 'failed', clauses: scope.clauses, problems: scope.problems };
  if (!scope.isInScope) return { kind: 'out', clauses: scope.clauses, reviewAt: scope.reviewAt };

  const unknownInFlows = needed.flows.filter(isUnknown);
  if (unknownInFlows.length > 0) return waitingFor(unknownInFlows);
  const anchor = computeAnchor(sync.anchor, reader);
  if (isNotCoercible(anchor))
    return {
      kind: 'failed',
      clauses: scope.clauses,
      problems: [{ target: 'anchor', message: anchor.reason }],
    };
  const flows = projectFlows(sync, reader, input, context);
  const redacted = redactedTargets(sync);
  const watchesMailboxes = sync.sourceClass === 'user' && sync.scope.exclude === 'defaults';
  return {
    kind: 'in',
    clauses: scope.clauses,
    anchor,
    values: flows.values,
    createOnly: flows.createOnly,
    ...(flows.chosen.length === 0 ? {} : { chosen: flows.chosen }),
    ...(redacted.length === 0 ? {} : { redacted }),
    references: flows.references,
    members: flows.members,
    holdCreate:
      watchesMailboxes && hasMailboxOnPremises(reader)
        ? 'mailbox on premises (msExchMailboxGuid): a licence would give the cloud user a second one'
        : null,
    isResourceMailbox: watchesMailboxes && isResourceMailbox(reader),
    problems: flows.problems,
    reviewAt: earliest(scope.reviewAt, flows.reviewAt),
  };
}

import type { CloudAnswer } from '../model/cloud-request.ts';
import type { Step } from './step.ts';

type Patch = Extract<Step, { kind: 'patch' }>;
type Update = NonNullable<Patch['update']>;

/**
 * What a refused PATCH becomes, so that what Graph takes is written: one bad value keeps neither the others out nor a
 * leaver enabled. Every part is smaller than the whole, so this ends. Null: there is nothing to part.
 */
export function splitPatch(step: Patch, answer: Extract<CloudAnswer, { ok: false }>): readonly Step[] | null {
  const { update, account } = step;
  if (update === null) return null;
  switch (answer.code) {
    case 'GRAPH_INVALID_VALUE':
    case 'GRAPH_CONFLICT':
      if (account !== null) return [patch(null, account), patch(update, null)];
      return parted(update, (path) => isNamed(path, answer.targets), null);
    case 'GRAPH_FORBIDDEN':
    case 'TARGET_PROTECTED':
      return parted(update, (path) => sensitive.has(path), account);
    default:
      return null;
  }
}

/** Graph refuses these for holders of privileged roles unless the app has a higher role (docs/reference/facts.md). */
const sensitive = new Set([
  'businessPhones',
  'mobilePhone',
  'otherMails',
  'userPrincipalName',
  'onPremisesImmutableId',
  'accountEnabled',
]);

const patch = (update: Update | null, account: Patch['account']): Step => ({
  kind: 'patch',
  update,
  account,
});

/** The good values first, then the doubtful ones, together with the account where it is doubtful too. */
function parted(
  update: Update,
  isDoubtful: (path: string) => boolean,
  account: Patch['account'],
): readonly Step[] | null {
  const entries = Object.entries(update.changes);
  const good = entries.filter(([path]) => !isDoubtful(path));
  const doubtful = entries.filter(([path]) => isDoubtful(path));
  const of = (changes: typeof entries): Update | null =>
    changes.length === 0 ? null : { ...update, changes: Object.fromEntries(changes) };
  if (good.length === 0 || (doubtful.length === 0 && account === null)) return null;
  return [patch(of(good), null), patch(of(doubtful), account)];
}

/** Graph names a property of a complex value by either name. */
function isNamed(path: string, targets: readonly string[]): boolean {
  return targets.includes(path) || path.split('.').some((part) => targets.includes(part));
}

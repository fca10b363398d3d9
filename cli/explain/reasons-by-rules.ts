import type { Judgement } from '../../shared/plan/judge-object.ts';
import type { ScopeVerdict } from '../../shared/rules/projection.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { becauseOf, type Why } from './explanation.ts';

/** What the rules alone say against the object; nothing where it belongs in the cloud. */
export function reasonsByRules(judgement: Judgement | null, record: ObjectRecord): readonly Why[] {
  if (judgement === null)
    return [becauseOf('no-rules', 'no rules are published', 'Publish some: dirbridge rules publish rules/')];
  switch (judgement.kind) {
    case 'nothing':
      return record.staged.life?.isDeleted === true ? deleted(record) : [unwanted(record)];
    case 'no-rules':
      return [
        becauseOf(
          'no-sync',
          'no sync of the rules wants its class any more: its cloud object is left as it is',
          'Publish rules with a sync for it, or delete the cloud object by hand.',
        ),
      ];
    case 'no-base':
      return [
        becauseOf(
          'incomplete',
          'only parts of it have been read so far; the whole is asked for',
          'Wait; if it stays so, see whether the agent may read it: dirbridge status',
        ),
      ];
    case 'gone':
      return judgement.isDeleted ? deleted(record) : [vanished];
    case 'waiting':
      return [waiting(judgement.projection, record)];
    case 'failed':
      return judgement.projection.problems.map(({ target, message }) =>
        becauseOf(
          'cannot-compute',
          `${target} cannot be computed: ${message}`,
          'Correct the rule or the value at its source.',
        ),
      );
    case 'other-anchor':
      return [
        becauseOf(
          'anchor-changed',
          'its anchor differs from the one it was linked by, which is never followed',
          'Restore the anchor at its source, or delete the cloud object to have another made.',
        ),
      ];
    case 'projected':
      return judgement.projection.kind === 'in' ? [] : outside(judgement.projection.clauses, record);
  }
}

const deleted = (record: ObjectRecord): readonly Why[] => [
  becauseOf('deleted', 'it was deleted at its source'),
  ...leavingOf(record),
];

const unwanted = ({ staged }: ObjectRecord): Why =>
  becauseOf(
    'no-sync',
    `no sync of the rules wants an object of class ${staged.class?.name ?? 'unknown'}`,
    'A sync for its class would; computers and managed service accounts have none.',
  );

const vanished = becauseOf(
  'vanished',
  'a search found neither the object nor its tombstone: held until a person decides',
  'docs/runbooks/vanished.md',
);

function waiting(
  { attributes, containers }: Extract<Judgement, { kind: 'waiting' }>['projection'],
  { refreshAskedAt }: ObjectRecord,
): Why {
  if (attributes.length === 0)
    return becauseOf(
      'container-unknown',
      `the scope names a container that the agent has not found: ${containers.join(', ')}`,
      'Correct the DN in the rules, or give the agent the right to read the container.',
    );
  return becauseOf(
    'never-captured',
    `never read, and needed: ${attributes.join(', ')}`,
    'The agent was asked for it; see whether its account may read it: dirbridge status',
    refreshAskedAt,
  );
}

function outside(clauses: readonly ScopeVerdict[], record: ObjectRecord): readonly Why[] {
  const failed = clauses.flatMap(({ clause, passed }) => (passed ? [] : [clause]));
  const isLive = record.link?.state === 'live';
  return [
    becauseOf(
      'out-of-scope',
      `out of scope: ${failed.join('; ')}`,
      isLive ? '' : 'It is synchronised as soon as all clauses are true.',
    ),
    ...leavingOf(record),
  ];
}

function leavingOf({ link }: ObjectRecord): readonly Why[] {
  if (link?.state !== 'live') return [];
  const disabled = link.applied['accountEnabled'] === false ? ', disabled' : '';
  return [
    becauseOf('leaving', `its cloud object is still there${disabled}`, '', link.leaving?.since ?? null),
  ];
}

import { compileRules } from '../../../shared/rules/compile-rules.ts';
import { project } from '../../../shared/rules/project.ts';
import type { Sync } from '../../../shared/rules/rule-set.ts';
import type { StagedObject } from '../../../shared/model/staged-object.ts';
import type { Bench } from '../bench.ts';
import { fortyFlows, people, plainFlows } from '../lab/forty-flows.ts';

const objects = 1_000;
const roundsInAll = 5;

/** What the rules cost, away from everything else. */
export const flowsRate: Bench = {
  name: 'flows-rate',
  title: 'objects a second through forty flows on one core, against the same flows written in JavaScript',
  run(say, { isQuick }) {
    const sync = compiled();
    const staged = people(objects);
    const passes = isQuick ? 10 : 100;
    checkSame(sync, staged);
    const context = { now: Date.UTC(2026, 0, 1), containers: new Map<string, string>(), parameters: {} };
    let ours = 0;
    let plain = 0;
    for (let round = 1; round <= roundsInAll; round += 1) {
      ours = Math.max(
        ours,
        rateOf(staged, passes, (one) => project(sync, one, context)),
      );
      plain = Math.max(plain, rateOf(staged, passes, plainFlows));
      say(`${round} of ${roundsInAll}`);
    }
    return Promise.resolve({
      figures: [
        {
          what: 'objects through forty flows',
          value: ours,
          unit: '/s',
          reference: { what: 'the same in JavaScript', value: plain, unit: '/s' },
          ratio: ours / plain,
          aim: { text: '≥ 100,000 /s', isMet: ours >= 100_000 },
        },
      ],
      options: { flows: sync.flows.length, objects, passes, rounds: roundsInAll },
      notes: [
        'Ours knows what was never read and what is too large, judges the scope, checks lengths and forms, and names what fails; JavaScript just computes.',
      ],
    });
  },
};

function compiled(): Sync {
  const result = compileRules([{ name: 'forty-flows.yaml', text: fortyFlows }]);
  const [sync] = result.ok ? result.rules.syncs : [];
  if (sync === undefined) throw new Error(`the rules do not compile: ${JSON.stringify(result)}`);
  return sync;
}

/** A reference that computes something else is none. */
function checkSame(sync: Sync, staged: readonly StagedObject[]): void {
  const [one] = staged;
  if (one === undefined) throw new Error('there is nobody');
  const ours = project(sync, one, { now: 0, containers: new Map<string, string>(), parameters: {} });
  const plain = plainFlows(one);
  const values = ours.kind === 'in' ? ours.values : {};
  const other = Object.keys({ ...values, ...plain }).find(
    (path) => JSON.stringify(values[path]) !== JSON.stringify(plain[path]),
  );
  if (other !== undefined)
    throw new Error(`${other}: ${JSON.stringify(values[other])} and ${JSON.stringify(plain[other])}`);
}

function rateOf(
  staged: readonly StagedObject[],
  passes: number,
  run: (one: StagedObject) => unknown,
): number {
  const began = performance.now();
  for (let pass = 0; pass < passes; pass += 1) for (const one of staged) run(one);
  return (passes * staged.length * 1_000) / (performance.now() - began);
}

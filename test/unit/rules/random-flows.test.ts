import { describe, expect, it } from 'vitest';
import { compileRules } from '../../../shared/rules/compile-rules.ts';
import { operationHash, type Operation } from '../../../shared/plan/operation.ts';
import { project } from '../../../shared/rules/project.ts';
import type { Projection, ProjectionContext } from '../../../shared/rules/projection.ts';
import { seededBytes } from '../../../shared/rules/seeded-bytes.ts';
import { now } from './support/evaluate.ts';
import { rulesOf, stagedAs, syncNamed } from './support/staged.ts';

function rulesText(flows: string, scope = '[]'): string {
  return `
version: 1
connectors:
  corp: { type: active-directory }
  cloud: { type: entra }
syncs:
  users:
    from: { connector: corp, class: user }
    to: { connector: cloud, class: user }
    scope: { exclude: none, where: ${scope} }
    flows:
      userPrincipalName: '[userPrincipalName]'
      mailNickname: '[sAMAccountName]'
      displayName: '[name]'
      accountEnabled: '"True"'
${flows}
`;
}
const twoFlows = `      employeeId: 'RandomString(12, 3, 0, 3, 3)'
      employeeType: { value: 'Guid()', apply: create }`;
const bob = { sAMAccountName: ['bob'], userPrincipalName: ['bob@corp.example'], name: ['Bob'] };
const seed = Buffer.alloc(32, 7).toString('base64');

function projected(flows: string, over: Partial<ProjectionContext> = {}, title: readonly string[] = []) {
  const rules = rulesOf(rulesText(flows));
  const staged = stagedAs(rules, 'user', { ...bob, title });
  const context = { now, containers: new Map<string, string>(), parameters: {}, ...over };
  const projection = project(syncNamed(rules, 'users'), staged, context);
  if (projection.kind !== 'in') throw new Error(JSON.stringify(projection));
  return projection;
}

describe('a random value of a flow', () => {
  it('follows from the seed, is the same each time, and is for creation only', () => {
    const first = projected(twoFlows, { seed });
    expect(first.chosen).toEqual(['employeeId', 'employeeType']);
    expect(first.createOnly['employeeId']).toMatch(/^[A-Za-z0-9]{12}$/);
    expect(first.createOnly['employeeType']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/,
    );
    expect(Object.keys(first.values)).not.toContain('employeeId');
    expect(projected(twoFlows, { seed })).toEqual(first);
    expect(projected(twoFlows, { seed: Buffer.alloc(32, 8).toString('base64') }).createOnly).not.toEqual(
      first.createOnly,
    );
  });

  it('stays as it is when other flows are added or changed', () => {
    const { createOnly } = projected(twoFlows, { seed });
    const more = projected(`      companyName: 'Guid()'\n${twoFlows.replace('12, 3', '11, 3')}`, { seed });
    expect(more.createOnly['employeeType']).toBe(createOnly['employeeType']);
    expect(more.createOnly['companyName']).not.toBe(createOnly['employeeType']);
  });

  it('is only announced while nothing is drawn, with its problems', () => {
    const announced = projected(twoFlows);
    expect(announced).toMatchObject({ createOnly: {}, chosen: ['employeeId', 'employeeType'], problems: [] });
    const tooLong = projected("      employeeId: 'RandomString(17, 0, 0, 1, 0)'");
    expect(tooLong.problems).toEqual([
      { target: 'employeeId', message: 'the value has 17 characters, 16 are allowed' },
    ]);
    expect(tooLong.chosen).toBeUndefined();
  });

  it('does not concern who is in the cloud already', () => {
    const linked = projected("      employeeId: 'RandomString(17, 0, 0, 1, 0)'", { seed: null });
    expect(linked).toMatchObject({ createOnly: {}, problems: [] });
    expect(linked.chosen).toBeUndefined();
  });

  it('may not be wanted for everybody', () => {
    const flow = `      employeeType: { value: 'IIF(IsPresent([title]), Guid(), "")', apply: create }`;
    expect(projected(flow, { seed }, ['Boss']).chosen).toEqual(['employeeType']);
    expect(projected(flow, { seed }).chosen).toBeUndefined();
    expect(projected(flow).chosen).toBeUndefined();
  });

  it('decides nothing: it is refused in a scope', () => {
    const compiled = compileRules([{ name: 'a.yaml', text: rulesText('', `['Guid() <> "x"']`) }]);
    expect(compiled).toMatchObject({
      ok: false,
      problems: [{ line: 10, message: 'a random value decides nothing: it would be another one each time' }],
    });
  });

  it('is told by lint unless the flow says apply: create', () => {
    const compiled = compileRules([{ name: 'a.yaml', text: rulesText(twoFlows) }]);
    expect(compiled).toMatchObject({
      ok: true,
      warnings: [
        { code: 'chosen-at-creation', line: 16, message: expect.stringContaining('employeeId') as string },
      ],
    });
  });
});

describe('the hash of a creation', () => {
  const create = (projection: Extract<Projection, { kind: 'in' }>): Operation => ({
    kind: 'create',
    key: 'k',
    cloudClass: 'user',
    anchor: projection.anchor,
    values: { ...projection.values, ...projection.createOnly },
    ...(projection.chosen === undefined ? {} : { chosen: projection.chosen }),
    reasons: [],
  });

  it('names what is chosen without its value, so that a plan made before it was drawn is the same', () => {
    expect(operationHash(create(projected(twoFlows)))).toBe(
      operationHash(create(projected(twoFlows, { seed }))),
    );
    const oneFlow = "      employeeId: 'RandomString(12, 3, 0, 3, 3)'";
    expect(operationHash(create(projected(oneFlow)))).not.toBe(operationHash(create(projected(twoFlows))));
  });
});

describe('bytes that follow from a seed', () => {
  it('go on where the call before ended, whatever the portions', () => {
    const whole = seededBytes(seed, 'x')(100);
    const draw = seededBytes(seed, 'x');
    expect(Buffer.concat([draw(1), draw(40), draw(0), draw(59)]).equals(whole)).toBe(true);
    expect(Buffer.from(seededBytes(seed, 'y')(100)).equals(whole)).toBe(false);
  });
});

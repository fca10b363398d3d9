import { linkNames } from './attribute-names.ts';
import type { SyncCompiler } from './sync-compiler.ts';
import { suggest } from './expressions/suggest.ts';
import { isChosen } from './is-chosen.ts';
import type { FlowContent } from './rule-file-schema.ts';
import type { Flow } from './rule-set.ts';
import { refusedTargets, targetProperties, targetProperty } from './target-properties.ts';

type ValueContent = Extract<FlowContent, { value: string }>;

/** Null after reporting what is wrong with it. */
export function compileFlow(compiler: SyncCompiler, target: string, flow: FlowContent): Flow | null {
  const path = ['flows', target];
  if (typeof flow === 'string') return compileValue(compiler, target, { value: flow }, path);
  if ('value' in flow) return compileValue(compiler, target, flow, [...path, 'value']);
  if ('reference' in flow) return compileReference(compiler, target, flow.reference);
  if (target !== 'members' || compiler.source.content.to.class !== 'group') {
    compiler.reportKey(path, `${target} cannot take references; members of a group can`);
    return null;
  }
  return {
    kind: 'members',
    target: 'members',
    attribute: flow.references,
    primaryGroup: flow.primaryGroup ?? true,
  };
}

function compileReference(compiler: SyncCompiler, target: string, written: string): Flow | null {
  const attribute = compiler.attribute(written);
  if (target !== 'manager' || compiler.source.content.to.class !== 'user') {
    compiler.reportKey(['flows', target], `${target} cannot take a reference; manager of a user can`);
    return null;
  }
  if (linkNames.has(attribute)) {
    compiler.report(['flows', target, 'reference'], `${attribute} has many values, ${target} takes one`);
    return null;
  }
  return { kind: 'reference', target: 'manager', attribute };
}

function compileValue(
  compiler: SyncCompiler,
  target: string,
  flow: ValueContent,
  path: readonly string[],
): Flow | null {
  const property = findProperty(compiler, target);
  const whenNull = flow.whenNull ?? 'clear';
  const expression = compiler.expression(path, flow.value, {
    dialect: flow.dialect,
    isFlow: true,
    isEmptiedByNull: whenNull === 'clear' && flow.apply !== 'create',
    takesList: property?.type === 'string-collection',
  });
  if (property === null || expression === null) return null;
  if (!property.isClearable && !property.isRequired && whenNull === 'clear')
    compiler.warn('cannot-be-emptied', path, {
      message: `Entra cannot empty ${property.path}: an object that loses the value is reported for ever`,
      hint: 'Write { value: …, whenNull: keep }.',
    });
  if (expression.isUnique && !property.isUnique) {
    const names = targetProperties.filter(({ isUnique }) => isUnique).map((one) => one.path);
    compiler.report(
      path,
      `SelectUniqueValue is for ${names.join(' and ')} of users: only their values are looked for among all users`,
      'Give the value alone; for one that nobody else has by chance, RandomString.',
    );
    return null;
  }
  if (isChosen(expression) && flow.apply !== 'create')
    compiler.warn('chosen-at-creation', path, {
      message: `${property.path} is chosen when an object is made and never written again, not to objects that are in Entra already`,
      hint: 'Write { value: …, apply: create } to say that this is meant.',
    });
  return {
    kind: 'value',
    target: property,
    expression,
    whenNull,
    apply: isChosen(expression) ? 'create' : (flow.apply ?? 'always'),
  };
}

function findProperty(compiler: SyncCompiler, target: string): ReturnType<typeof targetProperty> {
  const cloudClass = compiler.source.content.to.class;
  const property = targetProperty(cloudClass, target);
  if (property !== null) return property;
  const path = ['flows', target];
  if (target === 'manager' || target === 'members') {
    const form = target === 'manager' ? '{ reference: manager }' : '{ references: member }';
    compiler.reportKey(path, `${target} takes a reference, not a value`, `Write ${target}: ${form}.`);
    return null;
  }
  const refused = refusedTargets[target];
  if (refused !== undefined) {
    compiler.reportKey(path, `${target} cannot be a target`, refused);
    return null;
  }
  const names = targetProperties.filter((one) => one.class === cloudClass).map((one) => one.path);
  // People write extensionAttribute1 as AD spells it.
  const meant = names.find((name) => name.endsWith(`.${target}`)) ?? suggest(target, names);
  compiler.reportKey(
    path,
    `a ${cloudClass} has no writable property ${target}`,
    meant === null ? 'See docs/guides/rules.md for the list.' : `Did you mean ${meant}?`,
  );
  return null;
}

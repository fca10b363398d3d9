import type { Configure } from '../contracts/agent-command.v1.ts';
import { distinguishedName, isBinaryAttribute, isReferenceAttribute } from './attribute-names.ts';
import { defaultExclusions } from './default-exclusions.ts';
import { mailboxAttributes } from './mailbox-kind.ts';
import type { RuleSet, Sync } from './rule-set.ts';

export type CaptureNeeds = Omit<Configure, 'revision'>;

/** Read whatever the rules say, so that explain can show why somebody counts as disabled or expired. */
const alwaysOfUsers = ['sAMAccountName', 'userAccountControl', 'accountExpires'];
const alwaysOfGroups = ['sAMAccountName', 'groupType'];

/** What the agent of a connector must read for these rules. */
export function captureNeeds(rules: RuleSet, connector: string): CaptureNeeds {
  const syncs = rules.syncs.filter((sync) => sync.connector === connector);
  const attributes = [...new Set(syncs.flatMap(attributesOfSync))].filter(
    (name) => name !== distinguishedName,
  );
  const groups = syncs.filter((sync) => sync.sourceClass === 'group');
  const members = syncs.flatMap((sync) => sync.flows.filter((flow) => flow.kind === 'members'));
  const mapped = new Set(
    syncs.flatMap((sync) =>
      sync.flows.filter((flow) => flow.kind === 'reference').map((flow) => flow.attribute),
    ),
  );
  return {
    classes: unique(syncs.map((sync) => sync.sourceClass)),
    attributes: attributes.sort(),
    references: attributes.filter((name) => isReferenceAttribute(name) || mapped.has(name)),
    links: unique(members.map((flow) => flow.attribute)),
    binary: attributes.filter(isBinaryAttribute),
    primaryGroup: members.some((flow) => flow.primaryGroup),
    containers: unique(
      syncs.flatMap((sync) => sync.scope.under.flatMap((under) => (under.kind === 'dn' ? [under.dn] : []))),
    ),
    skipCritical: groups.length > 0 && groups.every((sync) => sync.scope.exclude === 'defaults'),
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function attributesOfSync(sync: Sync): readonly string[] {
  return [
    ...(sync.sourceClass === 'user' ? alwaysOfUsers : alwaysOfGroups),
    ...scopeAttributes(sync),
    ...flowAttributes(sync),
    ...sync.match.flatMap((rule) => rule.source.attributes),
  ];
}

/** Attributes the scope of a sync looks at. */
export function scopeAttributes(sync: Sync): readonly string[] {
  const excluded = defaultExclusions
    .filter((exclusion) => sync.scope.exclude === 'defaults' && exclusion.classes.includes(sync.sourceClass))
    .flatMap((exclusion) => exclusion.attributes);
  return [...new Set([...excluded, ...sync.scope.where.flatMap((clause) => clause.attributes)])];
}

/** Attributes that flows, the anchor and the mailbox checks of a sync look at. */
export function flowAttributes(sync: Sync): readonly string[] {
  const ofFlows = sync.flows.flatMap((flow) => {
    if (flow.kind === 'value') return flow.expression.attributes;
    return flow.kind === 'reference' ? [flow.attribute] : [];
  });
  const ofMailboxes =
    sync.sourceClass === 'user' && sync.scope.exclude === 'defaults' ? mailboxAttributes : [];
  return [...new Set([...ofFlows, ...sync.anchor.from, ...ofMailboxes])];
}

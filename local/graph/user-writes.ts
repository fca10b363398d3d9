import { bodyOf, type Call, type Context } from './call.ts';
import { effectsOf, wholeEffect } from './effects-of.ts';
import type { Entry } from './entry.ts';
import { isJsonObject, textOf, type Json, type JsonObject } from './json.ts';
import type { Effect, Outcome } from './outcome.ts';
import { present } from './present.ts';
import { userRules } from './property-rules.ts';
import { refuse } from './refusal.ts';
import type { Tenant } from './tenant.ts';
import { mergeProperties, validateBody } from './validate-body.ts';

const required = ['accountEnabled', 'displayName', 'mailNickname', 'passwordProfile', 'userPrincipalName'];
/** Of a user who holds a directory role these need a higher role of the app itself (user-update.md). */
export const sensitive = new Set([
  ...['accountEnabled', 'businessPhones', 'mobilePhone', 'otherMails', 'passwordProfile'],
  ...['userPrincipalName', 'onPremisesImmutableId'],
]);
/** What stays in the cloud's hands on a user that Microsoft's own sync owns. */
const cloudOwned = new Set([
  'usageLocation',
  'ageGroup',
  'consentProvidedForMinor',
  'passwordPolicies',
  'otherMails',
]);

export function createUser({ tenant, call }: Context, now: number): Outcome {
  const body = validateBody('User', userRules, bodyOf(call), 'create');
  for (const name of required)
    if (body[name] === undefined || body[name] === null) throw refuse.missing(name, 'User');
  const upn = textOf(body['userPrincipalName']);
  checkUpn(tenant, upn);
  if (isFederated(tenant, upn) && typeof body['onPremisesImmutableId'] !== 'string')
    throw refuse.missing('onPremisesImmutableId', 'User');
  checkPassword(body['passwordProfile'], true);
  const createdDateTime = new Date(now).toISOString();
  const stored = withoutPassword(mergeProperties(userRules, {}, { userType: 'Member', ...body }));
  const properties = withMailAddress(
    {},
    { ...stored, createdDateTime, lastPasswordChangeDateTime: createdDateTime },
  );
  const entry = tenant.create('user', properties, now);
  return {
    status: 201,
    body: { '@odata.context': contextOf(call, 'users/$entity'), ...present(entry, entry.current, undefined) },
    headers: { location: `${call.origin}/v1.0/users/${entry.id}` },
    objectId: entry.id,
    effects: [
      wholeEffect(entry.id, 'created'),
      ...effectsOf(userRules, entry.id, {}, entry.current.properties),
    ],
  };
}

export function patchUser({ tenant, call }: Context, entry: Entry, now: number): Outcome {
  const body = bodyOf(call);
  const patch = validateBody('User', userRules, body, 'update');
  if (Object.keys(patch).length === 0) throw refuse.badRequest('Empty Payload. JSON content expected.');
  checkTarget(tenant, call, entry, Object.keys(patch));
  const before = entry.current.properties;
  if (patch['userPrincipalName'] !== undefined) checkUpn(tenant, textOf(patch['userPrincipalName']));
  if (isFederated(tenant, textOf(before['userPrincipalName']))) {
    if (patch['passwordProfile'] !== undefined || patch['onPremisesImmutableId'] !== undefined)
      throw refuse.badRequest('The property cannot be changed while the user is in a federated domain.');
  }
  if (patch['passwordProfile'] !== undefined) checkPassword(patch['passwordProfile'], false);
  const merged = withoutPassword(mergeProperties(userRules, before, patch));
  const passwordEffect = passwordEffectOf(entry.id, patch);
  const stamp: JsonObject =
    passwordEffect.length > 0 ? { lastPasswordChangeDateTime: new Date(now).toISOString() } : {};
  const after = withMailAddress(before, { ...merged, ...stamp });
  const effects = [...effectsOf(userRules, entry.id, before, after), ...passwordEffect];
  if (effects.length > 0) tenant.replace(entry, { properties: after }, now);
  return { status: 204, objectId: entry.id, effects };
}

/** Refusals that stand on who the target is; the whole PATCH fails for one property. */
export function checkTarget(tenant: Tenant, call: Call, entry: Entry, names: readonly string[]): void {
  if (entry.restricted) throw refuse.denied();
  if (names.includes('passwordProfile') && call.appDirectoryRole === 'none') throw refuse.denied();
  const isSensitive = names.some((name) => sensitive.has(name));
  if (isSensitive && call.appDirectoryRole !== 'higher' && tenant.isProtected(entry.id))
    throw refuse.denied();
  const isSynced = entry.current.properties['onPremisesSyncEnabled'] === true;
  if (isSynced && names.some((name) => !cloudOwned.has(name))) throw refuse.synced();
}

/** `Disable first` ends here: the sessions of a leaver are cut (user-revokesigninsessions.md). */
export function revokeSessions({ tenant, call }: Context, entry: Entry, now: number): Outcome {
  if (entry.restricted) throw refuse.denied();
  const before = entry.current.properties;
  const after = { ...before, signInSessionsValidFromDateTime: new Date(now).toISOString() };
  tenant.replace(entry, { properties: after }, now);
  return {
    status: 200,
    body: { '@odata.context': contextOf(call, 'Edm.Boolean'), value: true },
    objectId: entry.id,
    effects: [{ objectId: entry.id, property: 'signInSessionsValidFromDateTime', count: 1 }],
  };
}

export function contextOf(call: Call, what: string): string {
  return `${call.origin}/v1.0/$metadata#${what}`;
}

/** Letters, digits and ' . - _ ! # ^ ~, no dot before the @, 64 before it and 48 behind (SSPR policy page). */
function checkUpn(tenant: Tenant, upn: string): void {
  const [, name = '', domain = ''] = /^([^@]*)@([^@]*)$/.exec(upn) ?? [];
  if (!/^[A-Za-z0-9'.\-_!#^~]{1,64}$/.test(name) || name.endsWith('.') || domain.length > 48)
    throw refuse.badValue('userPrincipalName', 'User');
  const verified = [...tenant.options.domains, ...tenant.options.federatedDomains];
  if (!verified.includes(domain.toLowerCase()))
    throw refuse.badRequest(
      'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
    );
}

function isFederated(tenant: Tenant, upn: string): boolean {
  return tenant.options.federatedDomains.includes(upn.split('@')[1]?.toLowerCase() ?? '');
}

/** 8 to 256 characters, three of four classes; the service's banned list is not public. */
function checkPassword(profile: Json | undefined, isNew: boolean): void {
  const password = isJsonObject(profile) ? profile['password'] : undefined;
  if (typeof password !== 'string') {
    if (isNew) throw refuse.missing('password', 'User');
    return;
  }
  const classes = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((known) => known.test(password)).length;
  if (password.length < 8 || classes < 3)
    throw refuse.badRequest(
      'The specified password does not comply with password complexity requirements. Please provide a different password.',
    );
}

/** Passwords are checked and forgotten; reads show null. */
function withoutPassword(properties: JsonObject): JsonObject {
  const { passwordProfile: _, ...stored } = properties;
  return stored;
}

function passwordEffectOf(objectId: string, patch: JsonObject): Effect[] {
  return isJsonObject(patch['passwordProfile']) ? [{ objectId, property: 'passwordProfile', count: 1 }] : [];
}

/** Writing mail makes it the primary proxy address; the one before stays as a secondary. */
function withMailAddress(before: JsonObject, after: JsonObject): JsonObject {
  const mail = after['mail'];
  if (typeof mail !== 'string' || mail === before['mail']) return after;
  const held = Array.isArray(before['proxyAddresses']) ? (before['proxyAddresses'] as readonly Json[]) : [];
  const others = held
    .map((address) => textOf(address).replace(/^SMTP:/, 'smtp:'))
    .filter((address) => address.toLowerCase() !== `smtp:${mail.toLowerCase()}`);
  return { ...after, proxyAddresses: [`SMTP:${mail}`, ...others] };
}

/**
 * Fields that may show their value: ids, names of things and counts. A value of a directory has no field of its own, so
 * a field that is not listed here shows only that it was there.
 */
const allowed = new Set([
  ...[
    'action',
    'agent',
    'attempt',
    'attribute',
    'bytes',
    'bytesMax',
    'captured',
    'class',
    'code',
    'connector',
    'count',
  ],
  ...[
    'delayMs',
    'deliveries',
    'disposition',
    'due',
    'durationMs',
    'epoch',
    'etag',
    'expected',
    'failed',
    'found',
    'function',
  ],
  ...[
    'granted',
    'group',
    'held',
    'hold',
    'id',
    'import',
    'invocation',
    'key',
    'keyId',
    'kind',
    'lane',
    'limit',
    'mode',
    'ms',
  ],
  ...[
    'members',
    'message',
    'messages',
    'namingContext',
    'object',
    'objects',
    'operation',
    'operations',
    'partition',
    'path',
  ],
  ...[
    'pid',
    'port',
    'position',
    'priority',
    'problems',
    'queue',
    'rate',
    'reason',
    'request',
    'requestId',
    'resultCode',
  ],
  ...[
    'retryAfterMs',
    'revision',
    'role',
    'row',
    'rows',
    'rule',
    'schedule',
    'scope',
    'sent',
    'server',
    'session',
    'setting',
  ],
  ...[
    'skipped',
    'stack',
    'state',
    'status',
    'step',
    'sync',
    'table',
    'target',
    'targets',
    'total',
    'traceparent',
    'type',
    'url',
    'usn',
  ],
  ...['version', 'waited', 'watermark', 'work', 'writes'],
]);

const blackedOut = '[redacted]';

/** Forms in which secrets travel through vendors' texts, whatever their value. */
const secretForms: readonly RegExp[] = [
  /\b(?:SharedAccessKey|AccountKey|SharedAccessSignature|InstrumentationKey|client_secret|password|pwd|sig)"?\s*[=:]\s*("[^"]*"|[^\s;&,"}]+)/gi,
  /\bBearer\s+[\w.~+/-]+=*/gi,
  // A JSON Web Token: its header is base64url of '{"'.
  /\beyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]*)*/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

export type FieldValue = string | number | boolean | null | undefined;

export interface Redaction {
  /** Text without known secrets and without anything in the form of one. */
  text(value: string): string;
  fields(fields: Readonly<Record<string, FieldValue>>): Record<string, FieldValue>;
}

/** Secrets that are known (from settings) are blacked out wherever they turn up; one of under 4 characters would hit words. */
export function redaction(secrets: readonly string[] = []): Redaction {
  const known = secrets
    .filter((secret) => secret.length >= 4)
    .flatMap((secret) => [
      ...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]),
    ])
    .sort((a, b) => b.length - a.length);
  const text = (value: string): string => {
    let clean = value;
    for (const secret of known) clean = clean.replaceAll(secret, blackedOut);
    for (const form of secretForms) clean = clean.replace(form, blackedOut);
    return clean;
  };
  return {
    text,
    fields: (fields) =>
      Object.fromEntries(
        Object.entries(fields).map(([name, value]) => {
          if (!allowed.has(name)) return [text(name), value === undefined ? undefined : blackedOut];
          return [name, typeof value === 'string' ? text(value) : value];
        }),
      ),
  };
}

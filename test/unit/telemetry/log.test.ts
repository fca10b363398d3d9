import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SyncError } from '../../../shared/errors/sync-error.ts';
import { errorFields } from '../../../shared/telemetry/error-fields.ts';
import { createLog, type LogFormat, type LogOptions } from '../../../shared/telemetry/log.ts';

function logTo(options: Partial<LogOptions> = {}, isTTY = false) {
  const lines: string[] = [];
  const stream = { write: (text: string) => lines.push(text), isTTY };
  return { lines, log: createLog({ level: 'debug', format: 'json', stream, ...options }) };
}

describe('lines', () => {
  test('JSON: time, level, fields, text', () => {
    const { log, lines } = logTo({ fields: { connector: 'corp' } });
    log.info('started', { queue: 'changes', count: 3 });
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      connector: 'corp',
      queue: 'changes',
      count: 3,
      msg: 'started',
    });
    expect(lines[0]).toMatch(/\n$/);
  });

  test('a level below the chosen one is not written, silent writes nothing', () => {
    const { log, lines } = logTo({ level: 'warn' });
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['c', 'd']);
    const silent = logTo({ level: 'silent' });
    silent.log.error('e');
    expect(silent.lines).toEqual([]);
  });

  test.each([
    { format: 'auto', isTTY: true, isPlain: true },
    { format: 'auto', isTTY: false, isPlain: false },
    { format: 'plain', isTTY: false, isPlain: true },
    { format: 'json', isTTY: true, isPlain: false },
  ] satisfies { format: LogFormat; isTTY: boolean; isPlain: boolean }[])(
    'format $format with terminal $isTTY',
    ({ format, isTTY, isPlain }) => {
      const { log, lines } = logTo({ format }, isTTY);
      log.info('hello', { count: 1 });
      expect(lines[0]?.startsWith('{')).toBe(!isPlain);
    },
  );

  test('plain: what to do stands on a line of its own, and foreign text can fake no line', () => {
    const { log, lines } = logTo({ format: 'plain' });
    log.error('stopped\n00:00:00.000  INFO   all well \u001b[31m', {
      code: 'LDAP_RIGHTS',
      reason: 'no right\nreally',
      action: 'Grant it.',
    });
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}ERROR {2}stopped 00:00:00.000 {2}INFO {3}all well {2}\[31m {2}code=LDAP_RIGHTS {2}reason="no right\\nreally"\n {21}→ Grant it\.\n$/,
    );
  });
});

describe('errors', () => {
  test('a SyncError shows code, reason, action, context and the kind of its cause', () => {
    const cause = Object.assign(new Error('connect to host with password=x'), { code: 'ECONNREFUSED' });
    const error = new SyncError('BUS_UNREACHABLE', 'no answer', { context: { queue: 'changes' }, cause });
    expect(errorFields(error)).toEqual({
      code: 'BUS_UNREACHABLE',
      reason: 'no answer',
      action: 'Check namespace, network and credentials.',
      queue: 'changes',
      type: 'Error ECONNREFUSED',
    });
  });

  test('a bug shows kind and place, not its text', () => {
    const fields = errorFields(new TypeError('cannot read Ada of undefined'));
    expect(fields).toMatchObject({
      code: 'UNEXPECTED',
      type: 'TypeError',
      stack: expect.stringContaining('log.test.ts') as unknown,
    });
    expect(JSON.stringify(fields)).not.toContain('Ada');
    expect(errorFields('text')).toEqual({ code: 'UNEXPECTED', type: 'string' });
  });
});

describe('secrets never come out', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/&"\\!]{12,40}$/);
  const name = fc.oneof(
    fc.constantFrom('queue', 'reason', 'code', 'action', 'stack', 'type', 'displayName', 'password'),
    fc.string({ maxLength: 12 }),
  );
  const format = fc.constantFrom<LogFormat>('json', 'plain');

  test('known ones, in text, in any field, in its name, in an error and its causes', () => {
    fc.assert(
      fc.property(secret, name, format, fc.string({ maxLength: 5 }), (value, field, chosen, around) => {
        const { log, lines } = logTo({ format: chosen, secrets: [value] });
        const inner = Object.assign(new Error(value, { cause: new Error(value) }), { code: value });
        inner.name = value;
        const context = { [field]: `${around}${value}`, partition: value };
        log.info(`${around}${value}${around}`, { [field]: value, [value]: 1 });
        log.error(
          value,
          errorFields(new SyncError('BUS_REFUSED', `refused ${value}`, { context, cause: inner })),
        );
        log.error('bug', errorFields(inner));
        const output = lines.join('');
        expect(output).not.toContain(value);
        expect(output).not.toContain(JSON.stringify(value).slice(1, -1));
        expect(output).not.toContain(encodeURIComponent(value));
      }),
    );
  });

  test('unknown ones in fields that are not listed and in what causes an error', () => {
    const field = fc.string({ minLength: 1, maxLength: 12 }).map((text) => `x-${text}`);
    const value = secret.map((text) => `Zq!${text}`);
    fc.assert(
      fc.property(value, field, format, (unknown, fieldName, chosen) => {
        const { log, lines } = logTo({ format: chosen });
        const inner = new Error(unknown, { cause: new Error(unknown) });
        log.info('text', { [fieldName]: unknown });
        log.error(
          'failed',
          errorFields(
            new SyncError('GRAPH_GARBAGE', 'no answer', { cause: inner, context: { [fieldName]: unknown } }),
          ),
        );
        log.error('bug', errorFields(inner));
        expect(lines.join('')).not.toContain(unknown);
      }),
    );
  });

  test.each([
    'Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey=s3cr3tValue=;EntityPath=q',
    'AccountName=a;AccountKey=s3cr3tValue==;EndpointSuffix=x',
    'Authorization: Bearer s3cr3tValue.abc-def_x',
    'token eyJs3cr3tValue0000.s3cr3tValue.s3cr3tValue was refused',
    '{"password":"s3cr3tValue"}',
    'password: s3cr3tValue',
    'https://x/?sv=1&sig=s3cr3tValue%3D&se=2',
    '-----BEGIN PRIVATE KEY-----\ns3cr3tValue\n-----END PRIVATE KEY-----',
  ])('in the forms that vendors’ texts carry them: %s', (text) => {
    const { log, lines } = logTo();
    log.warn(text, { reason: text, url: text });
    expect(lines.join('')).not.toContain('s3cr3tValue');
  });
});

import * as z from 'zod';
import { agentKinds, envelopeSchema, kindSchema, type Kind } from '../../shared/contracts/envelope.v1.ts';
import { payloadSchemas } from '../../shared/contracts/payload-schemas.ts';
import { tableCell } from './table-cell.ts';

interface MessageKind {
  readonly queue: string;
  readonly purpose: string;
}

const commands = 'agent-commands-*connector*';

/** Typed by kind, so that a new kind cannot be left out. */
const messages: Readonly<Record<Kind, MessageKind>> = {
  'change-set': {
    queue: 'changes, changes-bulk',
    purpose: 'What one read said about up to 33 objects of one partition.',
  },
  'list-complete': {
    queue: 'changes-bulk',
    purpose: 'A whole member list was read while its group did not change.',
  },
  'import-complete': {
    queue: 'changes-bulk',
    purpose: 'A full import has ended; tells how many objects were sent, by partition.',
  },
  vanished: {
    queue: 'changes',
    purpose: 'A probe found neither the object nor its tombstone.',
  },
  hello: {
    queue: 'agent-reports',
    purpose: 'First words of an agent: its public key, for a person to pin.',
  },
  heartbeat: { queue: 'agent-reports', purpose: 'State and progress of an agent.' },
  configured: {
    queue: 'agent-reports',
    purpose: 'Answer to `configure`: containers of scopes as keys.',
  },
  problem: { queue: 'agent-reports', purpose: 'Something a person should know.' },
  work: {
    queue: 'changes',
    purpose: 'A turn for one partition: write what is due.',
  },
  'operator-request': {
    queue: 'changes',
    purpose: 'Names a row that the operator function wrote after checking the caller.',
  },
  configure: { queue: commands, purpose: 'What the agent must capture.' },
  refresh: {
    queue: commands,
    purpose: 'Read these objects again, whole or some attributes.',
  },
  probe: {
    queue: commands,
    purpose: 'Look for these objects by GUID, deleted ones included.',
  },
  'full-import': { queue: commands, purpose: 'Read everything again.' },
  poison: {
    queue: 'poison',
    purpose: 'What was refused for good, with the reason and the original.',
  },
};

/** Text of docs/reference/messages.md. */
export function messagesPage(): string {
  const isAgentKind = new Set<string>(agentKinds);
  const sections = kindSchema.options.map((kind) => {
    const { queue, purpose } = messages[kind];
    const signed = isAgentKind.has(kind) ? 'made and signed by an agent' : 'made by the cloud side, unsigned';
    return [
      `## ${kind}`,
      '',
      `${purpose} Queue: ${queue}; ${signed}.`,
      '',
      ...fieldTable(payloadSchemas[kind]),
    ].join('\n');
  });
  return [
    '# Messages',
    '',
    '<!-- Generated from shared/contracts by "npm run docs". -->',
    '',
    'A body has one top-level property, `envelope`; the payload is JSON text inside it. Queues and their properties stand in',
    '`infra/queues.json`. Unknown properties are refused. `?` marks what may be left out.',
    '',
    '## envelope',
    '',
    ...fieldTable(envelopeSchema),
    '',
    sections.join('\n\n'),
    '',
  ].join('\n');
}

interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape | false;
}

function fieldTable(schema: z.ZodType): string[] {
  const shape = z.toJSONSchema(schema, { io: 'input' }) as Shape;
  return ['| field | type | remarks |', '| --- | --- | --- |', ...fieldRows(shape, '')];
}

function fieldRows(shape: Shape, prefix: string): string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const mark = shape.required?.includes(name) === true ? '' : '?';
    const row = `| \`${path}\`${mark} | ${tableCell(typeText(field))} | ${tableCell(field.description ?? '')} |`;
    return [row, ...innerRows(field, path)];
  });
}

/** Fields of an object, of the objects in a list and of those in a map stand below it. */
function innerRows(field: Shape, path: string): string[] {
  const alternatives = (field.anyOf ?? []).filter((one) => one.type !== 'null');
  const [only] = alternatives;
  if (alternatives.length === 1 && only !== undefined) return innerRows(only, path);
  if (field.properties !== undefined) return fieldRows(field, `${path}.`);
  if (field.items?.properties !== undefined) return fieldRows(field.items, `${path}[].`);
  if (typeof field.additionalProperties === 'object' && field.additionalProperties.properties !== undefined)
    return fieldRows(field.additionalProperties, `${path}.*.`);
  return [];
}

function typeText(field: Shape): string {
  if (field.anyOf !== undefined) return [...new Set(field.anyOf.map(typeText))].join(' or ');
  if (field.const !== undefined) return JSON.stringify(field.const);
  if (field.enum !== undefined) return field.enum.map((one) => JSON.stringify(one)).join(', ');
  if (field.type === 'array') {
    const most = field.maxItems === undefined ? '' : ` (at most ${field.maxItems})`;
    return `list of ${typeText(field.items ?? {})}${most}`;
  }
  if (field.type === 'object' && typeof field.additionalProperties === 'object')
    return `map of ${typeText(field.additionalProperties)}`;
  if (field.format === 'date-time') return 'UTC time';
  if (field.format !== undefined && field.format !== 'regex') return field.format;
  return field.type ?? 'any';
}

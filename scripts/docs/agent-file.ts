import * as z from 'zod';
import { agentFileSchema } from '../../agent/configuration/agent-file.ts';

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly pattern?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
}

/** docs/reference/agent-file.md, from the schema that the agent reads its file with. */
export function agentFileReference(): string {
  const schema = z.toJSONSchema(agentFileSchema, { io: 'input' }) as JsonSchema;
  const rows = rowsOf(schema, '').map(
    ({ key, value, fallback, note }) => `| \`${key}\` | ${value} | ${fallback} | ${note} |`,
  );
  return `# agent.yaml

Generated from agent/configuration/agent-file.ts by \`npm run docs\`; a sample is agent/agent.sample.yaml.
Unknown keys are refused. Secrets are never in the file: \`{ file: path }\` or \`{ env: NAME }\` says where they are.

| key | value | default | meaning |
|---|---|---|---|
${rows.join('\n')}

## Rules between keys

- \`directory.urls\` begin with \`ldaps://\` under \`tls.mode: ldaps\`, and with \`ldap://\` under \`starttls\` and \`none\`.
- \`directory.tls.mode: none\` is taken for loopback addresses only.
- \`bus\` takes exactly one of \`connection\` and \`namespace\`; \`namespace\` and \`credential\` belong together.
- The file of \`signingKey\` must be readable by its owner only.

## Commands and exit codes

| command | does |
|---|---|
| \`agent run --config agent.yaml\` | runs until SIGTERM or SIGINT |
| \`agent check --config agent.yaml\` | tries key, domain controllers and Service Bus one by one |
| \`agent keygen --out FILE\` | makes a signing key and prints what \`dirbridge agents trust\` pins |

Exit codes: 0 stopped cleanly; 2 the file or a secret is wrong; 3 something that waiting does not mend (bind refused,
certificate not trusted, a right is missing); 1 anything else. A service manager should not restart the agent after 2 or 3:
each start after a refused bind counts towards the account's lockout.
`;
}

interface Row {
  readonly key: string;
  readonly value: string;
  readonly fallback: string;
  readonly note: string;
}

function rowsOf(schema: JsonSchema, prefix: string): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const key = `${prefix}${name}`;
    if (property.properties !== undefined) return rowsOf(property, `${key}.`);
    const isRequired = schema.required?.includes(name) === true;
    const fallback = property.default === undefined ? (isRequired ? 'required' : '') : code(property.default);
    return [{ key, value: valueOf(property), fallback, note: property.description ?? '' }];
  });
}

function valueOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(valueOf).join(' or ');
  if (schema.properties !== undefined) return code(`{ ${Object.keys(schema.properties).join(', ')} }`);
  if (schema.items !== undefined) return `list of ${valueOf(schema.items)}`;
  return schema.pattern?.startsWith('^PT') === true
    ? 'duration'
    : (schema.type ?? 'text').replace('string', 'text');
}

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

import type { RpcTypedData } from './core-types.ts';
import { invariantDate } from './dotnet-date.ts';

const isoDate = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,7})?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * The host copies every top-level member of a JSON object body into the trigger metadata, arrays and nulls excepted; names that
 * differ only in case replace what stands there (trap 1). Source: ApplyBindingData in WebJobs.Script/Utility.cs.
 */
export function applyBodyBindingData(
  metadata: Readonly<Record<string, RpcTypedData>>,
  body: string,
): Readonly<Record<string, RpcTypedData>> {
  const members = parseObject(body);
  if (members === undefined) return metadata;
  const result: Record<string, RpcTypedData> = { ...metadata };
  const names = new Map(Object.keys(result).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(members)) {
    const data = toBindingValue(value);
    if (data === undefined) continue;
    // The dictionary keeps the spelling of the first key.
    const key = names.get(name.toLowerCase()) ?? name;
    names.set(name.toLowerCase(), key);
    result[key] = data;
  }
  return result;
}

function parseObject(body: string): object | undefined {
  const text = body.trim();
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Objects stay objects; everything else becomes the string that .NET makes of it, and the library parses that as JSON again. */
function toBindingValue(value: unknown): RpcTypedData | undefined {
  switch (typeof value) {
    case 'string':
      return { string: isoDate.test(value) ? invariantDate(new Date(withZone(value))) : value };
    case 'number':
      return { string: String(value).replace('e', 'E') };
    case 'boolean':
      return { string: value ? 'True' : 'False' };
    case 'object':
      return value === null || Array.isArray(value) ? undefined : { json: JSON.stringify(value) };
    default:
      return undefined;
  }
}

/** A date without a zone is taken as it stands; the host runs in UTC. */
function withZone(text: string): string {
  return /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
}

import { textOf, type Json, type JsonObject } from './json.ts';
import { refuse } from './refusal.ts';

export type Predicate = (properties: JsonObject) => boolean;

export interface Filter {
  readonly matches: Predicate;
  /** A lone `property eq 'value'`, which an index can answer. */
  readonly lone: { readonly property: string; readonly value: string } | undefined;
}

interface Parser {
  readonly tokens: readonly string[];
  position: number;
  readonly isAdvanced: boolean;
  readonly filterable: (property: string) => boolean;
}

/** eq, in, startsWith, any(x:x eq …), and, or, brackets; ne, not and endsWith only as advanced query. */
export function parseFilter(
  text: string,
  isAdvanced: boolean,
  filterable: (property: string) => boolean,
): Filter {
  const tokens = text.match(/'(?:[^']|'')*'|[(),]|[^\s(),']+/g) ?? [];
  const parser: Parser = { tokens, position: 0, isAdvanced, filterable };
  const matches = parseOr(parser);
  if (parser.position !== tokens.length) throw invalid(parser);
  const [property, operator, value] = tokens;
  const isLone = tokens.length === 3 && operator === 'eq' && value?.startsWith("'") === true;
  return {
    matches,
    lone: isLone && property !== undefined ? { property, value: textOf(literal(value)) } : undefined,
  };
}

function parseOr(parser: Parser): Predicate {
  let left = parseAnd(parser);
  while (accept(parser, 'or')) {
    const [first, second] = [left, parseAnd(parser)];
    left = (properties) => first(properties) || second(properties);
  }
  return left;
}

function parseAnd(parser: Parser): Predicate {
  let left = parseTerm(parser);
  while (accept(parser, 'and')) {
    const [first, second] = [left, parseTerm(parser)];
    left = (properties) => first(properties) && second(properties);
  }
  return left;
}

function parseTerm(parser: Parser): Predicate {
  if (accept(parser, '(')) {
    const inner = parseOr(parser);
    expect(parser, ')');
    return inner;
  }
  if (accept(parser, 'not')) {
    needAdvanced(parser, 'not');
    const inner = parseTerm(parser);
    return (properties) => !inner(properties);
  }
  const head = take(parser);
  if (head.toLowerCase() === 'startswith' || head.toLowerCase() === 'endswith')
    return parseText(parser, head);
  if (head.endsWith('/any')) return parseAny(parser, head.slice(0, -'/any'.length));
  checkProperty(parser, head);
  if (accept(parser, 'in')) return parseIn(parser, head);
  const operator = take(parser);
  const value = literal(take(parser));
  if (operator === 'eq') return (properties) => isEqual(head, read(properties, head), value);
  if (operator !== 'ne') throw invalid(parser);
  needAdvanced(parser, 'ne');
  return (properties) => !isEqual(head, read(properties, head), value);
}

function parseText(parser: Parser, operator: string): Predicate {
  const isEnd = operator.toLowerCase() === 'endswith';
  if (isEnd) needAdvanced(parser, 'endsWith');
  expect(parser, '(');
  const property = take(parser);
  checkProperty(parser, property);
  expect(parser, ',');
  const part = textOf(literal(take(parser))).toLowerCase();
  expect(parser, ')');
  return (properties) => {
    const value = read(properties, property);
    if (typeof value !== 'string') return false;
    return isEnd ? value.toLowerCase().endsWith(part) : value.toLowerCase().startsWith(part);
  };
}

function parseAny(parser: Parser, property: string): Predicate {
  checkProperty(parser, property);
  expect(parser, '(');
  const variable = take(parser).split(':');
  if (variable.length !== 2 || variable[0] !== variable[1] || take(parser) !== 'eq') throw invalid(parser);
  const value = literal(take(parser));
  expect(parser, ')');
  return (properties) => {
    const values = read(properties, property);
    return Array.isArray(values) && values.some((item: Json) => isEqual(property, item, value));
  };
}

function parseIn(parser: Parser, property: string): Predicate {
  expect(parser, '(');
  const values = [literal(take(parser))];
  while (accept(parser, ',')) values.push(literal(take(parser)));
  expect(parser, ')');
  return (properties) => values.some((value) => isEqual(property, read(properties, property), value));
}

function read(properties: JsonObject, property: string): Json {
  let value: Json = properties;
  for (const step of property.split('/')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    value = (value as JsonObject)[step] ?? null;
  }
  return value;
}

/** The directory compares text without regard to case; an immutable id is base64 and compared as it is. */
function isEqual(property: string, held: Json, asked: Json): boolean {
  if (typeof held === 'string' && typeof asked === 'string' && property !== 'onPremisesImmutableId')
    return held.toLowerCase() === asked.toLowerCase();
  return held === asked;
}

function literal(token: string): Json {
  if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
  if (token === 'true' || token === 'false') return token === 'true';
  if (token === 'null') return null;
  if (/^-?\d+$/.test(token)) return Number(token);
  throw refuse.malformed(`Invalid filter clause: '${token}' is not a literal.`);
}

function checkProperty(parser: Parser, property: string): void {
  if (!parser.filterable(property.split('/')[0] ?? ''))
    throw refuse.unsupportedQuery(
      `Unsupported or invalid query filter clause specified for property '${property}'.`,
    );
}

function needAdvanced(parser: Parser, operator: string): void {
  if (!parser.isAdvanced)
    throw refuse.unsupportedQuery(
      `Operator '${operator}' is not supported because the 'ConsistencyLevel: eventual' header or $count=true is missing.`,
    );
}

function take(parser: Parser): string {
  const token = parser.tokens[parser.position];
  if (token === undefined) throw invalid(parser);
  parser.position += 1;
  return token;
}

function accept(parser: Parser, word: string): boolean {
  if (parser.tokens[parser.position]?.toLowerCase() !== word) return false;
  parser.position += 1;
  return true;
}

function expect(parser: Parser, word: string): void {
  if (!accept(parser, word)) throw invalid(parser);
}

function invalid(parser: Parser): Error {
  return refuse.malformed(`Invalid filter clause: syntax error at position ${parser.position}.`);
}

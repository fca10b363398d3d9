/**
 * Route templates of the Functions host: literals, `{name}`, `{name?}`, `{name=default}`, `{*rest}` and constraints
 * (`{id:int:min(1)}`). Literals match without regard to case; parameters keep theirs.
 */
export interface Route {
  readonly template: string;
  match(path: string): Readonly<Record<string, string>> | undefined;
  /** More literal segments first, catch-alls last, as ASP.NET orders its candidates. */
  readonly precedence: string;
}

type Constraint = (value: string) => boolean;

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'parameter' | 'rest';
      readonly name: string;
      readonly isOptional: boolean;
      readonly fallback: string | undefined;
      readonly constraints: readonly Constraint[];
    };

const simpleConstraints: Readonly<Record<string, Constraint>> = {
  int: (value) => /^[+-]?\d{1,10}$/.test(value) && Math.abs(Number(value)) <= 2_147_483_648,
  long: (value) => /^[+-]?\d{1,19}$/.test(value),
  bool: (value) => /^(true|false)$/i.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  decimal: (value) => /^[+-]?\d+(\.\d+)?$/.test(value),
  double: (value) => /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value),
  float: (value) => /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value),
  guid: (value) => /^\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  required: (value) => value !== '',
};

const parameterizedConstraints: Readonly<Record<string, (argument: string) => Constraint>> = {
  length: (argument) => {
    const [least = 0, most = least] = argument.split(',').map(Number);
    return (value) => value.length >= least && value.length <= most;
  },
  minlength: (argument) => (value) => value.length >= Number(argument),
  maxlength: (argument) => (value) => value.length <= Number(argument),
  min: (argument) => (value) => Number(value) >= Number(argument),
  max: (argument) => (value) => Number(value) <= Number(argument),
  range: (argument) => {
    const [least = 0, most = 0] = argument.split(',').map(Number);
    return (value) => Number(value) >= least && Number(value) <= most;
  },
  regex: (argument) => {
    const expression = new RegExp(argument, 'i');
    return (value) => expression.test(value);
  },
};

export function parseRoute(template: string): Route {
  const parts = template.split(/\/(?![^{]*\})/).filter((part) => part !== '');
  const segments = parts.map((part) => parseSegment(part, template));
  return {
    template,
    precedence: segments.map(rankOf).join(''),
    match: (path) => matchSegments(segments, path),
  };
}

function rankOf(segment: Segment): string {
  if (segment.kind === 'literal') return '1';
  const rank = segment.kind === 'rest' ? 5 : 3;
  return String(segment.constraints.length > 0 ? rank - 1 : rank);
}

function parseSegment(text: string, template: string): Segment {
  const found =
    /^\{(\*{0,2})([A-Za-z_][\w-]*)((?::(?:[^():=?{}]|\((?:[^()]|\([^()]*\))*\))+)*)(?:=([^}]*))?(\?)?\}$/.exec(
      text,
    );
  if (found === null) {
    if (/[{}]/.test(text)) throw new Error(`route '${template}': segment '${text}' cannot be read.`);
    return { kind: 'literal', text: text.toLowerCase() };
  }
  const [, star = '', name = '', constraints = '', fallback, optional] = found;
  const names = constraints.split(/:(?![^(]*\))/).filter((constraint) => constraint !== '');
  return {
    kind: star === '' ? 'parameter' : 'rest',
    name,
    isOptional: optional !== undefined,
    fallback,
    constraints: names.map((constraint) => parseConstraint(constraint, template)),
  };
}

function parseConstraint(text: string, template: string): Constraint {
  const [, name = '', argument] = /^(\w+)(?:\((.*)\))?$/.exec(text) ?? [];
  const constraint =
    argument === undefined
      ? simpleConstraints[name.toLowerCase()]
      : parameterizedConstraints[name.toLowerCase()]?.(argument);
  if (constraint === undefined)
    throw new Error(`route '${template}': the constraint '${text}' is not known.`);
  return constraint;
}

function matchSegments(segments: readonly Segment[], path: string): Record<string, string> | undefined {
  const values = path.split('/').filter((part) => part !== '');
  const found: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    const value = values[at];
    if (segment.kind === 'literal') {
      if (value?.toLowerCase() !== segment.text) return undefined;
      continue;
    }
    const text =
      segment.kind === 'rest'
        ? values.slice(at).map(decode).join('/')
        : value === undefined
          ? undefined
          : decode(value);
    if (text === undefined || text === '') {
      if (segment.fallback !== undefined) found[segment.name] = segment.fallback;
      else if (!segment.isOptional && segment.kind !== 'rest') return undefined;
    } else {
      if (!segment.constraints.every((constraint) => constraint(text))) return undefined;
      found[segment.name] = text;
    }
    if (segment.kind === 'rest') return found;
  }
  return values.length > segments.length ? undefined : found;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

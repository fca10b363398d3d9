import { SyncError } from '../errors/sync-error.ts';
import { settingTable, type SettingName, type SettingValue } from './setting-table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** agent.yaml names environment variables of the operator's choice; those with this beginning are never ours to judge. */
const agentPrefix = 'DIRBRIDGE_AGENT_';

/**
 * Reads settings and collects every problem, so that one start tells all that is wrong.
 * A value is never quoted: it may be a connection string that was put under the wrong name.
 */
export interface SettingReading {
  /** The value, its fallback, or undefined when it is absent or wrong. */
  optional<Name extends SettingName>(name: Name): SettingValue<Name> | undefined;
  /** As `optional`, but absent is a problem; after a problem the returned value is never used. */
  required<Name extends SettingName>(name: Name): SettingValue<Name>;
  isGiven(name: SettingName): boolean;
  problem(text: string): void;
  /** @throws SyncError CONFIG_INVALID with one line a problem. */
  finish(): void;
}

export function readSettings(environment: Environment): SettingReading {
  const problems = unknownNames(environment);
  const given = (name: SettingName): string | undefined => {
    const value = environment[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const optional = <Name extends SettingName>(name: Name): SettingValue<Name> | undefined => {
    const definition = settingTable[name];
    const value = given(name) ?? definition.fallback;
    if (value === undefined) return undefined;
    const parsed = definition.schema.safeParse(value);
    if (parsed.success) return parsed.data as SettingValue<Name>;
    problems.push(`${name} must ${definition.must}, for example ${name}=${definition.example}`);
    return undefined;
  };
  return {
    optional,
    required<Name extends SettingName>(name: Name): SettingValue<Name> {
      const definition = settingTable[name];
      if (given(name) === undefined && definition.fallback === undefined)
        problems.push(
          `${name} is missing: it must ${definition.must}, for example ${name}=${definition.example}`,
        );
      return optional(name) as SettingValue<Name>;
    },
    isGiven: (name) => given(name) !== undefined,
    problem: (text) => problems.push(text),
    finish() {
      if (problems.length === 0) return;
      const lines = problems.map((problem) => `  - ${problem}`).join('\n');
      const count = problems.length === 1 ? 'a setting is wrong' : `${problems.length} settings are wrong`;
      throw new SyncError('CONFIG_INVALID', `${count}:\n${lines}`, {
        context: { problems: problems.length },
      });
    },
  };
}

function unknownNames(environment: Environment): string[] {
  return Object.keys(environment)
    .filter(
      (name) =>
        name.startsWith('DIRBRIDGE_') && !name.startsWith(agentPrefix) && !Object.hasOwn(settingTable, name),
    )
    .sort()
    .map((name) => {
      const nearest = nearestName(name);
      return `${name} is not a setting of Dirbridge${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
    });
}

function nearestName(name: string): string | undefined {
  const ranked = Object.keys(settingTable)
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(2, name.length / 4) ? best.candidate : undefined;
}

/** Levenshtein, one row at a time; names are short. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((row[j - 1] ?? 0) + 1, (previous[j] ?? 0) + 1, substituted));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

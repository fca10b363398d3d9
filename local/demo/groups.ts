import { firstWithoutReports, isContractor, units } from './people.ts';

export interface GroupPlan {
  readonly cn: string;
  readonly account: string;
  readonly description: string | null;
  /** Indexes of people. */
  readonly people: readonly number[];
  /** cn of groups inside; they stand earlier in the list. */
  readonly groups: readonly string[];
}

export const everyone = 'All Employees';
/** Has no members at first. */
export const council = 'Betriebsrat (Süd)';

const projects = ['Apollo', 'Borealis', 'Český ráj', 'Delta', 'Edelweiß', 'Falcon', 'Ganymede', 'Høyde'];

/** 20 security groups, nested three deep. */
export function planGroups(count: number): readonly GroupPlan[] {
  const all = Array.from({ length: count }, (_, index) => index);
  const managers = all.slice(0, firstWithoutReports(count));
  const group = (
    cn: string,
    people: readonly number[],
    groups: readonly string[] = [],
    description: string | null = `${cn} of Contoso`,
  ): GroupPlan => ({ cn, account: `g.${accountOf(cn)}`, description, people, groups });
  return [
    group(everyone, all),
    ...units.map((unit, at) =>
      group(
        unit,
        all.filter((index) => index % units.length === at),
      ),
    ),
    ...projects.map((name, at) =>
      group(
        `Project ${name}`,
        all.filter((index) => index % 10 === at),
        [],
        at % 2 === 0 ? null : `Projekt „${name}“`,
      ),
    ),
    group('Contractors', all.filter(isContractor)),
    group('Managers', managers),
    group('Leadership', managers.slice(0, 9)),
    group(council, []),
    group(
      'VPN Users',
      all.filter((index) => index % 7 === 0),
      ['Contractors'],
    ),
    group('All Departments', [], units),
    group(
      'All Projects',
      [],
      projects.map((name) => `Project ${name}`),
    ),
  ];
}

/** Account names of groups carry what Entra's nicknames refuse: dots and brackets. */
function accountOf(cn: string): string {
  return cn.normalize('NFD').replace(/[^A-Za-z0-9() ]/g, '');
}

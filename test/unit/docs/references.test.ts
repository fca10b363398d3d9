import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { commandProgram } from '../../../cli/program.ts';
import { errorCodes } from '../../../shared/errors/error-codes.ts';
import { settingTable } from '../../../shared/settings/setting-table.ts';
import {
  described,
  isThere,
  mentions,
  pages,
  repositoryFiles,
  root,
  textOf,
  type Mention,
} from './support/repository.ts';

const folders = 'agent|bin|cli|docs|functions|infra|local|rules|scripts|shared|test|\\.ci';
/** Files that people or builds make; they are in nobody's checkout. */
const madeElsewhere = new Set(['agent.yaml', 'policy.yaml', 'local.settings.json', 'index.cjs']);
/** Variables of others: the system, the Functions host, Azure's identity library. */
const foreignNames = new Set([
  'IDENTITY_ENDPOINT',
  'IDENTITY_HEADER',
  'NO_COLOR',
  'FUNCTIONS_WORKER_RUNTIME',
]);

const missing = (found: readonly Mention[], isKnown: (mention: Mention) => boolean): string[] =>
  found.filter((mention) => !isKnown(mention)).map(described);

const besides = ({ page, text }: Mention): string => posix.join(posix.dirname(page), text);

describe('what the pages name exists', () => {
  test('there are pages', () => expect(pages.length).toBeGreaterThan(20));

  test('links to other pages and their headings', () => {
    const links = mentions(/\]\((?!https?:|mailto:)([^)\s]+)\)/g);
    expect(links.length).toBeGreaterThan(20);
    expect(
      missing(links, (link) => {
        const [path = '', anchor] = link.text.split('#');
        const target = path === '' ? link.page : besides({ ...link, text: path });
        if (!isThere(target)) return false;
        return anchor === undefined || anchorsOf(target).has(anchor);
      }),
    ).toEqual([]);
  });

  test('paths from the root of the repository', () => {
    const paths = mentions(new RegExp(`(?<![\\w/.-])((?:${folders})/[\\w*{},./-]*[\\w*}/])`, 'g'));
    expect(paths.length).toBeGreaterThan(50);
    const isBuilt = ({ text }: Mention): boolean => text.startsWith('dist/');
    expect(missing(paths, (path) => isBuilt(path) || isThere(path.text) || isThere(besides(path)))).toEqual(
      [],
    );
  });

  test('file names in backticks, beside the page or at the root', () => {
    const names = mentions(/`([\w.-]+\.(?:ts|mjs|cjs|json|yaml|md))`/g);
    expect(names.length).toBeGreaterThan(5);
    expect(
      missing(
        names,
        (name) =>
          madeElsewhere.has(name.text) || isThere(name.text) || isThere(besides(name)) || isNamed(name.text),
      ),
    ).toEqual([]);
  });

  test('bundles are those that the build makes', () => {
    const build = textOf('scripts/build.ts');
    expect(missing(mentions(/(dist\/[\w./-]*\w)/g), ({ text }) => build.includes(text))).toEqual([]);
  });

  test('npm scripts', () => {
    const scripts = new Set(Object.keys(packageJson.scripts));
    const named = [...mentions(/npm run ([a-z][\w:-]*)/g), ...mentions(/npm (test|start)\b/g)];
    expect(named.length).toBeGreaterThan(5);
    expect(missing(named, ({ text }) => scripts.has(text))).toEqual([]);
  });

  test('error codes, settings and variables', () => {
    const names = mentions(/`([A-Z][A-Z0-9]*(?:_[A-Za-z0-9]+)+)`/g);
    expect(names.length).toBeGreaterThan(30);
    expect(
      missing(
        names,
        ({ text }) =>
          Object.hasOwn(errorCodes, text) ||
          Object.hasOwn(settingTable, text) ||
          text.startsWith('DIRBRIDGE_AGENT_') ||
          foreignNames.has(text),
      ),
    ).toEqual([]);
  });

  test('commands of dirbridge', () => {
    const commands = commandPaths();
    // "explain" is named by actions of error codes; it comes with the rules issue.
    const coming = new Set(['explain']);
    const named = mentions(/(?:`|\$ |bin\/|^)dirbridge(?:\.mjs)? ((?:[a-z]+ ?)+)/g);
    expect(named.length).toBeGreaterThan(5);
    expect(
      missing(named, ({ text }) => {
        const [first = '', second = ''] = text.trim().split(' ');
        if (coming.has(first)) return true;
        if (first === 'agent') return ['run', 'check', 'keygen', ''].includes(second);
        if (first === 'local')
          return existsSync(`${root}local/${second === 'demo' ? 'demo/main' : second}.ts`);
        return commands.has(first) || commands.has(`${first} ${second}`);
      }),
    ).toEqual([]);
  });
});

describe('what the code cites exists', () => {
  const sources = repositoryFiles.filter((path) => /\.(ts|mjs|cjs|yaml)$/.test(path));

  test('invariants of SPEC', () => {
    const cited = mentions(/\bSPEC (I\d+)/g, [...sources, ...pages]);
    expect(cited.length).toBeGreaterThan(5);
    const spec = textOf('docs/SPEC.md');
    expect(missing(cited, ({ text }) => spec.includes(`**${text}. `))).toEqual([]);
  });

  test('decisions', () => {
    const cited = mentions(/\bADR (\d{4})/g, [...sources, ...pages]);
    const decisions = repositoryFiles.filter((path) => path.startsWith('docs/adr/'));
    expect(missing(cited, ({ text }) => decisions.some((path) => path.includes(`/${text}-`)))).toEqual([]);
  });

  test('pages of docs', () => {
    const cited = mentions(/\b(docs\/[\w/.-]+\.(?:md|json))/g, sources);
    expect(cited.length).toBeGreaterThan(10);
    expect(missing(cited, ({ text }) => isThere(text))).toEqual([]);
  });
});

describe('numbers', () => {
  test.each([
    { page: 'docs/SPEC.md', pattern: /^\*\*I(\d+)\. /g },
    { page: 'docs/reference/facts.md', pattern: /^\| F(\d+) \|/g },
  ])('of $page are each given once, without a gap', ({ page, pattern }) => {
    const numbers = mentions(pattern, [page]).map(({ text }) => Number(text));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
  });
});

describe('docs/SPEC.md', () => {
  const enforced = [...textOf('docs/SPEC.md').matchAll(/`(test\/[\w./-]+\.ts)` > ([^;(\n]+?)(?=;|\n| \()/g)];

  test('names tests', () => expect(enforced.length).toBeGreaterThan(15));

  test('every test it names is in the file it names', () => {
    const wrong = enforced.filter(([, path = '', name = '']) => {
      return !existsSync(`${root}${path}`) || !namesIn(path).has(name.trim());
    });
    expect(wrong.map(([all]) => all)).toEqual([]);
  });

  test('every bound it names is the one in the code', () => {
    const spec = textOf('docs/SPEC.md');
    const rows = spec
      .slice(spec.indexOf('## Loop bounds'), spec.indexOf('## Gaps'))
      .split('\n')
      .filter((row) => row.startsWith('| ') && row.includes('`'));
    const bounds = rows.flatMap((row) =>
      [...row.matchAll(/`([\w/.-]+\.ts)`((?:[:,] `\w+ = [^`]+`)+)/g)].flatMap(([, path = '', names = '']) =>
        [...names.matchAll(/`([^`]+)`/g)].map(([, bound = '']) => ({ path, bound })),
      ),
    );
    expect(bounds.length).toBeGreaterThan(15);
    expect(bounds.filter(({ path, bound }) => !textOf(path).includes(`const ${bound}`))).toEqual([]);
  });

  test('every invariant names a test or stands in the gaps', () => {
    const spec = textOf('docs/SPEC.md');
    const gaps = spec.slice(spec.indexOf('## Gaps'));
    const bare = spec
      .split(/^(?=\*\*I\d+\. )/m)
      .slice(1)
      .filter((part) => !/Enforced by: `test\//.test(part))
      .map((part) => /I\d+/.exec(part)?.[0] ?? '');
    expect(bare.filter((number) => !new RegExp(`\\b${number}\\b`).test(gaps))).toEqual([]);
  });
});

function anchorsOf(page: string): ReadonlySet<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
        .replaceAll(/\s/g, '-'),
    ),
  );
}

/** A file of that name anywhere: texts name a file after its folder was named. */
function isNamed(name: string): boolean {
  return repositoryFiles.some((path) => path.endsWith(`/${name}`));
}

/** Strings of a test file as written between quotes: names of tests among them. */
function namesIn(path: string): ReadonlySet<string> {
  const strings = [...textOf(path).matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)];
  return new Set(strings.map(([, a, b, c]) => (a ?? b ?? c ?? '').replaceAll(/\\(.)/g, '$1')));
}

function commandPaths(): ReadonlySet<string> {
  const paths = new Set<string>();
  const walk = (command: Command, prefix: string): void => {
    for (const inner of command.commands) {
      const path = `${prefix}${inner.name()}`;
      paths.add(path);
      walk(inner, `${path} `);
    }
  };
  walk(
    commandProgram(() => Promise.resolve()),
    '',
  );
  return paths;
}

import { describe, expect, test } from 'vitest';
import { described, mentions, repositoryFiles, textOf } from './support/repository.ts';

/** Words are put together here, so that this file does not contain what it looks for. */
const word = (...parts: readonly string[]): string => parts.join('');

const machineFolder = word('/wo', 'rk/');
const papers = [word('DES', 'IGN'), word('SHA', 'PES')];

/**
 * What stands in the repository must mean something on every machine: no place of one machine, no paper that only those
 * who built it could read.
 */
const banned: readonly { readonly why: string; readonly pattern: RegExp; readonly sample: string }[] = [
  {
    why: 'a folder of one machine',
    pattern: new RegExp(`(?<![\\w.:)}])${machineFolder}`, 'g'),
    sample: `cd ${machineFolder}main`,
  },
  {
    why: 'a temporary folder of one machine',
    pattern: new RegExp(word('/tmp/(n', '24|bri', 'ef|bash', '_jobs)'), 'g'),
    sample: word('export PATH=/tmp/n', '24/bin'),
  },
  {
    why: 'a home folder',
    pattern: new RegExp(word('(?<!\\w)/ro', 'ot/\\w'), 'g'),
    sample: word('/ro', 'ot/x'),
  },
  {
    why: 'papers beside the repository',
    pattern: new RegExp(word('\\.\\./sha', `red/([A-Z]|fac`, `ts/)|\\b(${papers.join('|')})\\b`), 'g'),
    sample: `see ${papers[0] ?? ''}.md`,
  },
  {
    why: 'notes that are not in the repository',
    pattern: new RegExp(word('\\bhouse-', 'style\\b|\\bfact', ' sheets?\\b'), 'gi'),
    sample: word('the fact', ' sheet says'),
  },
  {
    why: 'a registry',
    pattern: new RegExp(word('registry\\.npm', 'js|deb\\.deb', 'ian\\.org|\\.npm', 'rc\\b'), 'g'),
    sample: word('https://registry.npm', 'js.org/zod'),
  },
  {
    why: 'who or what wrote it',
    pattern: new RegExp(word('\\b(chat', 'gpt|clau', 'de|anth', 'ropic|co', 'pilot)\\b'), 'gi'),
    sample: word('written by Chat', 'GPT'),
  },
];

/** npm writes where each package came from; that is the lock file's job. */
const exempt = new Set(['package-lock.json']);

const texts = repositoryFiles.filter((path) => !exempt.has(path) && !textOf(path).includes('\0'));

describe('what must not be in the repository', () => {
  test('there are files to look at', () => expect(texts.length).toBeGreaterThan(300));

  test.each(banned)('$why', ({ pattern }) => {
    expect(mentions(pattern, texts).map(described)).toEqual([]);
  });

  test.each(banned)('and would be found: $why', ({ pattern, sample }) => {
    expect(new RegExp(pattern.source, pattern.flags).test(sample)).toBe(true);
  });
});

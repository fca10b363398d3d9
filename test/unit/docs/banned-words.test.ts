import { describe, expect, test } from 'vitest';
import { described, mentions, repositoryFiles, textOf } from './support/repository.ts';

/**
 * Pieces are put together here, so that this file does not contain what it looks for. What stands in the repository must
 * mean something on every machine: no place of one machine, no text that only those who built it could read.
 */
const banned: readonly { readonly why: string; readonly pattern: RegExp }[] = [
  { why: 'a folder of one machine', pattern: new RegExp(`(?<![\\w.:)}])/${'wo'}rk/`, 'g') },
  {
    why: 'a folder of one machine',
    pattern: new RegExp(`/tmp/${'n'}24|/tmp/${'bri'}ef|/tmp/${'bash'}_jobs`, 'g'),
  },
  { why: 'a home folder', pattern: new RegExp(`(?<!\\w)/${'ro'}ot/\\w`, 'g') },
  {
    why: 'papers that are not in the repository',
    pattern: new RegExp(`\\.\\./${'sha'}red/[A-Z]|${'SHA'}PES\\b`, 'g'),
  },
  { why: 'papers that are not in the repository', pattern: new RegExp(`\\b${'DES'}IGN\\b`, 'g') },
  {
    why: 'papers that are not in the repository',
    pattern: new RegExp(`\\bhouse-${'sty'}le\\b|\\b${'fact'} sheets?\\b`, 'gi'),
  },
  {
    why: 'a registry',
    pattern: new RegExp(`registry\\.${'npm'}js|${'deb'}\\.debian\\.org|\\.${'npm'}rc\\b`, 'g'),
  },
  {
    why: 'who or what wrote it',
    pattern: new RegExp(
      `\\b(${'chat'}gpt|${'clau'}de|${'anth'}ropic|${'co'}pilot|language ${'mod'}el)\\b`,
      'gi',
    ),
  },
];

/** npm writes where each package came from; that is the lock file's job. */
const exempt = new Set(['package-lock.json']);

const texts = repositoryFiles.filter((path) => !exempt.has(path) && !textOf(path).includes('\0'));

describe('words that must not be in the repository', () => {
  test('there are files to look at', () => expect(texts.length).toBeGreaterThan(300));

  test.each(banned)('$why ($pattern)', ({ pattern }) => {
    expect(mentions(pattern, texts).map(described)).toEqual([]);
  });

  test.each([
    ['a folder of one machine', `cd /${'wo'}rk/main`],
    ['a home folder', `/${'ro'}ot/x`],
    ['papers that are not in the repository', `see ../${'sha'}red/${'DES'}IGN.md`],
    ['a registry', `https://registry.${'npm'}js.org/x`],
  ])('the patterns find %s', (why, text) => {
    expect(banned.some((one) => one.why === why && new RegExp(one.pattern.source).test(text))).toBe(true);
  });
});

import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generatedPages } from '../../../scripts/docs/generated-pages.ts';
import { runbookName } from '../../../scripts/docs/errors.ts';
import { errorCodes } from '../../../shared/errors/error-codes.ts';
import { repositoryFiles, root, textOf } from './support/repository.ts';

const generated = await generatedPages();

test.each([...generated.keys()])('%s is up to date (npm run docs)', (path) => {
  expect(existsSync(`${root}${path}`), `${path} is missing`).toBe(true);
  expect(textOf(path)).toBe(generated.get(path));
});

test('every page that calls itself generated is written by npm run docs', () => {
  const claimed = repositoryFiles.filter(
    (path) => path.startsWith('docs/') && /^(<!-- )?Generated from /m.test(textOf(path)),
  );
  expect(claimed.filter((path) => !generated.has(path))).toEqual([]);
});

test('every runbook is the page of an error code', () => {
  const names = new Set(Object.keys(errorCodes).map(runbookName)).add('README.md');
  const pages = repositoryFiles.filter((path) => path.startsWith('docs/runbooks/'));
  expect(pages.filter((path) => !names.has(path.slice('docs/runbooks/'.length)))).toEqual([]);
});

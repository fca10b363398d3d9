import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Everything that is or could be committed; `git` says what is ignored. */
export const repositoryFiles: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '' && existsSync(`${root}${path}`));

export const pages: readonly string[] = repositoryFiles.filter((path) => path.endsWith('.md'));

export const textOf = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

const known = new Set(
  repositoryFiles.flatMap((path) => path.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/'))),
);

/** Whether a path names files or folders of the repository; `*` stands for any part of a name, `{a,b}` for one of them. */
export function isThere(path: string): boolean {
  const plain = path.replace(/\/$/, '');
  if (!/[*{[]/.test(plain)) return known.has(plain);
  const pattern = plain
    .replaceAll(/[.+^$()|\\[\]]/g, '\\$&')
    .replaceAll('**', '\0')
    .replaceAll('*', '[^/]*')
    .replaceAll('\0', '.*')
    .replaceAll(/\{([^}]*)\}/g, (_, list: string) => `(${list.replaceAll(',', '|')})`);
  const expression = new RegExp(`^${pattern}$`);
  return [...known].some((one) => expression.test(one));
}

export interface Mention {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

/** Everything in the pages that `pattern` finds; its first group where it has one. */
export function mentions(pattern: RegExp, from: readonly string[] = pages): readonly Mention[] {
  return from.flatMap((page) =>
    textOf(page)
      .split('\n')
      .flatMap((text, index) =>
        [...text.matchAll(pattern)].map((match) => ({
          page,
          line: index + 1,
          text: match[1] ?? match[0],
        })),
      ),
  );
}

export const described = ({ page, line, text }: Mention): string => `${page}:${line} ${text}`;

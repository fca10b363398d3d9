import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedPages } from './docs/generated-pages.ts';

const usage = `usage: npm run docs [-- --check]

Writes every page of docs/ that follows from the code. With --check it writes nothing, names the pages that
differ and ends with 1.
`;

const args = process.argv.slice(2);
if (args.some((arg) => arg !== '--check')) {
  process.stderr.write(usage);
  process.exit(2);
}

const root = fileURLToPath(new URL('..', import.meta.url));
const isCheck = args.includes('--check');
let different = 0;
for (const [path, text] of await generatedPages()) {
  const before = await readFile(`${root}${path}`, 'utf8').catch(() => null);
  if (before === text) continue;
  different += 1;
  console.log(`${isCheck ? 'differs' : 'written'}  ${path}`);
  if (isCheck) continue;
  await mkdir(dirname(`${root}${path}`), { recursive: true });
  await writeFile(`${root}${path}`, text);
}
if (isCheck && different > 0) {
  console.error(`${different} generated pages are out of date; run "npm run docs"`);
  process.exit(1);
}
if (different === 0) console.log('every generated page is up to date');

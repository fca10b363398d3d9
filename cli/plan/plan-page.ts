import { moment } from '../text/moments.ts';
import { oneLine } from '../text/one-line.ts';
import type { Plan } from './make-plan.ts';
import type { Finding } from './plan-file.ts';
import { planPageScript } from './plan-page-script.ts';
import { planPageStyle } from './plan-page-style.ts';
import { signOf, type Sign } from './plan-signs.ts';
import { detailsOf, kindsText, timeText, titleOf } from './plan-text.ts';

/** First characters of every page, by which it is told from other files. */
export const planPageMark = '<!doctype html><!-- dirbridge-plan -->';

/** Nothing is loaded from anywhere, whatever a value of the directory says. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const membersMax = 1_000;

/** One page with everything in it; objects are made visible on demand, since a browser is slow with many thousands. */
export function* planPage(plan: Plan): Generator<string> {
  yield beginning(plan);
  yield '<script type="application/json" id="objects">[';
  let separator = '\n';
  for (const object of plan.objects) {
    const { key, label, connector, cloudClass, operations } = object;
    const { lines, rules } = detailsOf(object, plan.targets.get(connector), membersMax);
    const kinds = [...new Set(operations.map(({ kind }) => kind))].join(', ');
    const row = [signOf(object), cloudClass, oneLine(label), key, connector, kinds, lines, rules];
    yield `${separator}${embedded(row)}`;
    separator = ',\n';
  }
  yield `\n]</script>\n<script>${planPageScript}</script>\n</body></html>\n`;
}

/** JSON inside a script element: no value can end the element or open a comment in it. */
const embedded = (value: unknown): string => JSON.stringify(value).replaceAll('<', String.raw`\u003c`);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => oneLine(text).replace(/[&<>"']/g, (one) => entities[one] ?? one);

const words: readonly (readonly [Sign, string])[] = [
  ['+', 'made'],
  ['~', 'changed'],
  ['-', 'disabled or deleted'],
  ['!', 'held in part, or not possible'],
];

function beginning({ head, objects }: Plan): string {
  const { summary, at } = head;
  const kinds = [...new Set(objects.flatMap(({ operations }) => operations.map(({ kind }) => kind)))].sort();
  const findings = summary.findings.map(findingItem).join('\n');
  return `${planPageMark}
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Dirbridge plan ${escaped(head.rules.hash.slice(0, 12))}</title>
<style>${planPageStyle}</style></head><body><main>
<h1>${escaped(titleOf(head))}</h1>
<p class="note">Made ${moment(at)}. ${escaped([...kindsText(summary), timeText(summary)].join('. '))}. This page holds values of people.</p>
<div class="numbers">
${words.map(([sign, word]) => `<div class="number"><b>${summary.bySign[sign].toLocaleString('en-US')}</b><span>${sign} ${word}</span></div>`).join('\n')}
</div>
${findings === '' ? '' : `<ul class="findings">\n${findings}\n</ul>`}
<div class="controls">
<input type="search" id="search" placeholder="Search names, values, keys, rules" aria-label="Search">
${words.map(([sign, word]) => `<label title="${word}"><input type="checkbox" name="sign" value="${sign}" checked> ${sign}</label>`).join('\n')}
<select id="kind" aria-label="Kind of operation"><option value="">all kinds</option>
${kinds.map((kind) => `<option>${kind}</option>`).join('')}</select>
<span id="found" role="status"></span>
</div>
<div id="list"></div>
<button id="more" hidden>Show more</button>
<noscript>The list of objects needs JavaScript; everything above does not.</noscript>
</main>
`;
}

function findingItem({ weight, text, examples, count }: Finding): string {
  const named = examples.map(escaped).join('; ');
  const more = count > examples.length ? '; …' : '';
  const small = examples.length === 0 ? '' : `<small>${named}${more}</small>`;
  return `<li class="${weight}">${escaped(text)}${small}</li>`;
}

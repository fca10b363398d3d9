import { oneLine } from './one-line.ts';
import type { Paint, Style } from './paint.ts';

export type Cell = string | number | { readonly text: string; readonly style: Style };

/** Columns two spaces apart. Cells are made one line each and padded before they are painted. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const lines: readonly (readonly Cell[])[] = [head.map((text): Cell => ({ text, style: 'bold' })), ...rows];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => widthOf(textOf(line[column] ?? '')))),
  );
  return lines.map((line) => drawLine(line, widths, paint)).join('\n');
}

function drawLine(line: readonly Cell[], widths: readonly number[], paint: Paint): string {
  return line
    .map((cell, column) => {
      const text = textOf(cell);
      const isLast = column === line.length - 1;
      const padding = isLast ? '' : ' '.repeat((widths[column] ?? 0) - widthOf(text) + 2);
      return `${typeof cell === 'object' ? paint(cell.style, text) : text}${padding}`;
    })
    .join('')
    .trimEnd();
}

const textOf = (cell: Cell): string => oneLine(typeof cell === 'object' ? cell.text : String(cell));

/** Columns a terminal uses, nearly: marks that combine take none, East Asian wide letters two. */
function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) {
    if (/\p{Mn}/u.test(letter)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
        letter,
      )
        ? 2
        : 1;
  }
  return width;
}

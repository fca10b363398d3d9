import type { Figure } from '../bench.ts';
import { numberText } from './number-text.ts';

export const figureHeadings = [
  'figure',
  'value',
  'reference of the same run',
  'ratio',
  'aim',
  'met',
] as const;

/** One row a figure, as both the terminal and the page show it. */
export function figureRows(figures: readonly Figure[]): readonly (readonly string[])[] {
  return figures.map(({ what, value, unit, reference, ratio, aim }) => [
    what,
    withUnit(value, unit),
    reference === undefined ? '' : `${reference.what}: ${withUnit(reference.value, reference.unit)}`,
    ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
    aim?.text ?? '',
    aim === undefined ? '' : aim.isMet ? 'yes' : 'NO',
  ]);
}

function withUnit(value: number, unit: string): string {
  return unit === '' ? numberText(value) : `${numberText(value)} ${unit}`;
}

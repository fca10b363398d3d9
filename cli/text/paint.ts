import { styleText } from 'node:util';
import type { TextOutput } from '../command-io.ts';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

/** Colours only on a terminal whose user did not switch them off (no-color.org). */
export function paintFor(output: TextOutput, env: Readonly<Record<string, string | undefined>>): Paint {
  const isOff = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  if (output.isTTY !== true || isOff) return plain;
  return (style, text) => styleText(style, text, { validateStream: false });
}

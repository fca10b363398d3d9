import { isCollection, isMap, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { RuleProblem } from './rule-problem.ts';

export type Path = readonly (string | number)[];

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML text with its values and the places they stand at. */
export class RuleDocument {
  readonly file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    // Below logLevel error the package prints warnings, which the core must not.
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      schema: 'core',
      logLevel: 'error',
    });
  }

  /** What YAML itself refuses (bad indentation, a key given twice); the first, since it causes most of the others. */
  get syntaxProblems(): readonly RuleProblem[] {
    return this.#document.errors.slice(0, 1).map((error) => ({
      file: this.file,
      ...this.#placeOf(error.pos[0]),
      message: error.message.replace(/\s+/g, ' '),
    }));
  }

  /** Plain data; few aliases, so that a small file cannot unfold into a large one. */
  toData(): unknown {
    return this.#document.toJS({ maxAliasCount: 100 }) as unknown;
  }

  /** Place of the key that leads to the value, or of the value in a list, or of the nearest thing around it. */
  keyPlace(path: Path): Place {
    for (let length = path.length; length > 0; length -= 1) {
      const parent = this.#nodeAt(path.slice(0, length - 1));
      const last = path[length - 1];
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(last))
        : undefined;
      const node = pair === undefined ? this.#nodeAt(path.slice(0, length)) : pair.key;
      const offset = offsetOf(node);
      if (offset !== null) return this.#placeOf(offset);
    }
    return { line: 1, column: 1 };
  }

  valuePlace(path: Path): Place {
    const offset = offsetOf(this.#nodeAt(path));
    return offset === null ? this.keyPlace(path) : this.#placeOf(offset);
  }

  /** Place of a character (`column` from 1) within a text value, however the text is quoted or folded. */
  placeInText(path: Path, column: number): Place {
    const node = this.#nodeAt(path);
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return this.valuePlace(path);
    const start = contentStart(this.#text, node.range[0]);
    return this.#placeOf(sourceOffset(this.#text, start, node.range[1], node.value, column - 1));
  }

  #nodeAt(path: Path): unknown {
    return path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
  }

  #placeOf(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function offsetOf(node: unknown): number | null {
  if (!isScalar(node) && !isCollection(node)) return null;
  return (node as Node).range?.[0] ?? null;
}

/** Behind the quote or, of a block scalar, at its first line. */
function contentStart(text: string, start: number): number {
  const first = text.charAt(start);
  if (first === '"' || first === "'") return start + 1;
  if (first !== '>' && first !== '|') return start;
  const lineEnd = text.indexOf('\n', start);
  return lineEnd === -1 ? start : lineEnd + 1;
}

/**
 * Finds where a character of a scalar's value stands in the source by walking both: blanks of the value match any run of
 * blanks (folding turned line breaks into them), other characters the next same one (quoting put characters in between).
 */
function sourceOffset(source: string, start: number, end: number, value: string, target: number): number {
  let at = start;
  for (let index = 0; index <= target && index < value.length; index += 1) {
    const character = value.charAt(index);
    if (/\s/.test(character)) {
      if (index === target) return at;
      while (at < end && /\s/.test(source.charAt(at)) && source.charAt(at) !== character) at += 1;
      at += 1;
      continue;
    }
    while (at < end && source.charAt(at) !== character) at += 1;
    if (index === target) return at;
    at += 1;
  }
  return Math.min(at, end);
}

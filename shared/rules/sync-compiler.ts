import { linkNames, type AttributeSpelling } from './attribute-names.ts';
import type { Expression } from './expressions/ast.ts';
import { compileExpression } from './expressions/compile-expression.ts';
import type { CompiledExpression } from './expressions/compiled-expression.ts';
import { lintExpression } from './expressions/lint-expression.ts';
import type { Syntax } from './expressions/syntax.ts';
import type { Path, RuleDocument } from './rule-document.ts';
import type { SyncContent } from './rule-file-schema.ts';
import { isChosen } from './is-chosen.ts';
import { isRedacted } from './redacted-targets.ts';
import type { RuleProblem, RuleWarning, WarningCode } from './rule-problem.ts';
import type { ConnectorRule } from './rule-set.ts';

export interface SyncSource {
  readonly name: string;
  readonly content: SyncContent;
  readonly document: RuleDocument;
  /** Of the file; a flow may choose the other. */
  readonly dialect: Syntax;
  /** Names of the parameters that any of the files defines. */
  readonly parameters: readonly string[];
  readonly connectors: Readonly<Record<string, ConnectorRule>>;
  readonly spelling: AttributeSpelling;
}

/** What becomes of the value of an expression; without a target it decides something. */
export interface ExpressionUse {
  readonly dialect?: Syntax | undefined;
  /** It gives the value of a target, which may be chosen once for all. */
  readonly isFlow?: boolean;
  /** Nothing empties the target. */
  readonly isEmptiedByNull?: boolean;
  readonly takesList?: boolean;
}

/** Collects the problems of one sync and knows where its parts stand. */
export class SyncCompiler {
  readonly source: SyncSource;
  readonly problems: RuleProblem[] = [];
  readonly warnings: RuleWarning[] = [];

  constructor(source: SyncSource) {
    this.source = source;
  }

  report(path: Path, message: string, hint?: string): void {
    const full = ['syncs', this.source.name, ...path];
    const problem = { file: this.source.document.file, ...this.source.document.valuePlace(full), message };
    this.problems.push(hint === undefined ? problem : { ...problem, hint });
  }

  reportKey(path: Path, message: string, hint?: string): void {
    const full = ['syncs', this.source.name, ...path];
    const problem = { file: this.source.document.file, ...this.source.document.keyPlace(full), message };
    this.problems.push(hint === undefined ? problem : { ...problem, hint });
  }

  warn(
    code: WarningCode,
    path: Path,
    { message, hint }: { readonly message: string; readonly hint: string },
  ): void {
    const place = this.source.document.valuePlace(['syncs', this.source.name, ...path]);
    this.warnings.push({ code, file: this.source.document.file, ...place, message, hint });
  }

  attribute(name: string): string {
    return this.source.spelling.canonicalName(name);
  }

  /** Null after reporting what is wrong with it. `use`: what becomes of its value. */
  expression(
    path: Path,
    text: string,
    { dialect = this.source.dialect, ...use }: ExpressionUse = {},
  ): CompiledExpression | null {
    const result = compileExpression(text, {
      syntax: dialect,
      canonicalName: (name) => this.attribute(name),
      parameters: this.source.parameters,
    });
    if (!result.ok) {
      const { message, hint, column } = result.fault;
      const place = this.source.document.placeInText(['syncs', this.source.name, ...path], column);
      const problem = { file: this.source.document.file, ...place, message };
      this.problems.push(hint === undefined ? problem : { ...problem, hint });
      return null;
    }
    const misuse = misuseOf(result.expression, use.isFlow === true);
    if (misuse !== null) {
      this.report(path, misuse.message, misuse.hint);
      return null;
    }
    const isEmptiedByNull = use.isEmptiedByNull === true && !isChosen(result.expression);
    this.#lint(path, result.tree, dialect, { ...use, isEmptiedByNull });
    return result.expression;
  }

  #lint(path: Path, tree: Expression, syntax: Syntax, use: ExpressionUse): void {
    const { document, name } = this.source;
    const { isEmptiedByNull = false, takesList = false } = use;
    for (const { column, ...finding } of lintExpression(tree, syntax, { isEmptiedByNull, takesList })) {
      const place = document.placeInText(['syncs', name, ...path], column);
      this.warnings.push({ file: document.file, ...place, ...finding });
    }
  }
}

/** Why an expression that compiles cannot stand where it does; null: it can. */
function misuseOf(
  expression: CompiledExpression,
  isFlow: boolean,
): { readonly message: string; readonly hint?: string } | null {
  const link = expression.attributes.find((name) => linkNames.has(name.toLowerCase()));
  if (link !== undefined)
    return { message: `[${link}] cannot stand in an expression: its values are carried one by one` };
  if (isFlow) return null;
  if (expression.isRandom)
    return {
      message: 'a random value decides nothing: it would be another one each time',
      hint: 'Guid and RandomString stand in flows, where the value is kept.',
    };
  if (expression.isUnique)
    return { message: 'SelectUniqueValue is for values that are written', hint: 'Give the value alone.' };
  if (!isRedacted(expression)) return null;
  return {
    message: 'Redact is for values that are written',
    hint: 'Leave it out: values of a scope are not shown.',
  };
}

import { readFileSync } from 'node:fs';
import type { Reporter, TestModule, TestCase, SerializedError } from 'vitest/node';

interface Skip {
  readonly name: string;
  readonly cause: string;
}

/**
 * Closes the run with one plain line that people and CI can read. A file that cannot be imported and an error that no
 * test caught count as failed; every skip is named with its cause, and with CI=true one that is not on
 * test/allowed-skips.json fails the run: a suite that silently did not run is worse than one that fails.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = errors.length;
    const skips: Skip[] = [];
    for (const module of modules) {
      const broken = module.errors().length;
      failed += broken;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed += 1;
        else if (result.state === 'failed') failed += 1;
        else skips.push({ name: nameOf(test), cause: causeOf(test) });
      }
    }
    for (const skip of skips) console.log(`skipped: ${skip.name}: ${skip.cause}`);
    const unexpected =
      process.env['CI'] === 'true' ? skips.filter((skip) => !allowedSkips().has(skip.name)) : [];
    for (const skip of unexpected)
      console.log(`failed: with CI=true this must run or stand in test/allowed-skips.json: ${skip.name}`);
    failed += unexpected.length;
    if (failed > 0) process.exitCode = 1;
    if (passed + failed === 0) {
      console.log('failed: no test ran');
      process.exitCode = 1;
    }
    console.log(`${passed} passed, ${failed} failed, ${skips.length - unexpected.length} skipped`);
  }
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

function causeOf(test: TestCase): string {
  const result = test.result();
  return (
    (result.state === 'skipped' ? result.note : undefined) ?? `no cause given (mode ${test.options.mode})`
  );
}

function allowedSkips(): ReadonlySet<string> {
  const list = JSON.parse(
    readFileSync(new URL('../allowed-skips.json', import.meta.url), 'utf8'),
  ) as string[];
  return new Set(list);
}

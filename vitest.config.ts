import { defineConfig } from 'vitest/config';

const project = (name: string, include: string[], extra: Record<string, unknown> = {}) => ({
  test: { name, include, environment: 'node' as const, ...extra },
});

/**
 * Four projects in one run; `npm test -- --project unit` picks one. Time limits end what is stuck; they say nothing about speed,
 * so they are far above what a busy machine needs.
 */
export default defineConfig({
  test: {
    // Most suites wait for processes of their own: one more worker than the smallest machine has cores keeps it busy.
    maxWorkers: 3,
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/golden/**/*.test.ts'], { testTimeout: 60_000 }),
      project('contract', ['test/contract/**/*.test.ts'], { testTimeout: 60_000, hookTimeout: 120_000 }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        testTimeout: 300_000,
        hookTimeout: 300_000,
      }),
      project('samba', ['test/samba/**/*.test.ts'], {
        testTimeout: 180_000,
        hookTimeout: 300_000,
      }),
    ],
  },
});

import { describe, expect, test } from 'vitest';
import { CommandError } from '../../../cli/command-error.ts';
import { confirm } from '../../../cli/confirm.ts';
import { fakeIo } from './fake-io.ts';

const question = { question: 'Approve 3 operations: 3 delete?', expected: '3', isGiven: false };
const outcomeOf = (promise: Promise<void>) =>
  promise.then(
    () => 'confirmed',
    (error: unknown) => (error instanceof CommandError ? [error.code, error.exitCode] : error),
  );

describe('a confirmation', () => {
  test('takes what it asks for, and only that', async () => {
    const io = fakeIo({ isTerminal: true });
    io.input.write('3\n');
    expect(await outcomeOf(confirm(io, question))).toBe('confirmed');
    expect(io.err.join('')).toBe('Approve 3 operations: 3 delete? Type 3 to go on: ');
    expect(io.out).toEqual([]);
  });

  test.each(['yes\n', '\n', '33\n', 'n\n'])('answer %j changes nothing', async (answer) => {
    const io = fakeIo({ isTerminal: true });
    io.input.write(answer);
    expect(await outcomeOf(confirm(io, question))).toEqual(['DECLINED', 1]);
  });

  test('an input that ends and Ctrl-C are no answer', async () => {
    const ended = fakeIo({ isTerminal: true });
    ended.input.end();
    expect(await outcomeOf(confirm(ended, question))).toEqual(['INTERRUPTED', 130]);
    const stopped = fakeIo({ isTerminal: true });
    const asking = outcomeOf(confirm(stopped, question));
    stopped.interrupt();
    expect(await asking).toEqual(['INTERRUPTED', 130]);
  });

  test('without a terminal only --yes will do', async () => {
    const io = fakeIo();
    io.input.write('3\n');
    expect(await outcomeOf(confirm(io, question))).toEqual(['USAGE', 2]);
    expect(await outcomeOf(confirm(io, { ...question, isGiven: true }))).toBe('confirmed');
  });
});

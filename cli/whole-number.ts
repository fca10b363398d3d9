import { InvalidArgumentError } from 'commander';

/** Reads a number of the command line, from 1 to `max`. */
export function wholeNumber(max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= 1 && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${max.toLocaleString('en-US')}.`);
  };
}

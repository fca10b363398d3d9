/** Text from directories and services must not be able to fake lines, reorder them or steer the terminal. */
export const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ');

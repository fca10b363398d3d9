import { nearestName } from '../../agent/configuration/nearest-name.ts';

/** One line for a person about what is wrong with a command line, with the option that was probably meant. */
export function refusedOptions(error: unknown, known: readonly string[]): string {
  const text = error instanceof Error ? error.message : String(error);
  const { code } = error as { readonly code?: unknown };
  const name = /'(-*)([^'=]*)/.exec(text);
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearestName(name?.[2] ?? '', known);
    const hint = near === undefined ? '' : `; did you mean --${near}?`;
    return `there is no option ${name?.[1] ?? ''}${name?.[2] ?? ''}${hint} (see --help)`;
  }
  // What follows in Node's text is about options that begin with a dash.
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
    return `'${name?.[2] ?? ''}' belongs to no option (see --help)`;
  return `${text.split('\n')[0] ?? ''} (see --help)`;
}

import { agentNameSchema } from '../../shared/contracts/primitives.ts';
import { oneLine } from './one-line.ts';

/** Whoever may send a hello chooses the name that is shown: what is none must not pass for words of ours. */
export const agentName = (name: string): string =>
  agentNameSchema.safeParse(name).success ? name : JSON.stringify(oneLine(name));

import type { Configure } from '../contracts/agent-command.v1.ts';
import type { RuleSet } from './rule-set.ts';

export type CaptureNeeds = Omit<Configure, 'revision'>;

/** What the agent of a connector must read for these rules. */
export declare function captureNeeds(rules: RuleSet, connector: string): CaptureNeeds;

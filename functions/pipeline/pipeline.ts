import type { CloudTarget } from '../../shared/ports/cloud-target.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Log } from '../../shared/ports/log.ts';
import type { MessageSender } from '../../shared/ports/message-sender.ts';
import type { Random } from '../../shared/ports/random.ts';
import type { TableStore } from '../../shared/ports/table-store.ts';
import type { RightOfWay } from './right-of-way.ts';
import type { RulesSource } from './rules-source.ts';
import type { WriteTokens } from './write-tokens.ts';

export type Mode = 'plan' | 'upsert-only' | 'full';

/** Everything the handlers need of the outside; made once a process in functions/composition.ts. */
export interface Pipeline {
  readonly tables: TableStore;
  readonly sender: MessageSender;
  readonly target: CloudTarget;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly rules: RulesSource;
  readonly tokens: WriteTokens;
  readonly way: RightOfWay;
  readonly mode: Mode;
  /** Root of object references in Graph bodies: the service's own URL with version. */
  readonly graphRoot: string;
}

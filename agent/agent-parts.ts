import type { ServiceBusClient } from '@azure/service-bus';
import type { DirectoryAccess } from '../shared/adapters/active-directory/domain-controller.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Log } from '../shared/ports/log.ts';
import type { Random } from '../shared/ports/random.ts';
import type { AgentFile } from './configuration/agent-file.ts';
import type { PublisherOptions } from './publish/publisher.ts';
import type { AgentStatus } from './reports/agent-status.ts';
import type { Reporter } from './reports/reporter.ts';
import type { Troubles } from './reports/troubles.ts';

/** What composition.ts has put together and everything in the agent works with. */
export interface AgentParts {
  readonly file: AgentFile;
  readonly access: DirectoryAccess;
  readonly client: ServiceBusClient;
  readonly publishing: PublisherOptions;
  readonly pollMs: number;
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly status: AgentStatus;
  readonly reporter: Reporter;
  readonly troubles: Troubles;
}

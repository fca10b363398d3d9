import queueFile from '../../../infra/queues.json' with { type: 'json' };
import { invariant } from '../../errors/invariant.ts';

export type QueueName =
  | 'changes'
  | 'changes-bulk'
  | 'agent-commands'
  | 'agent-replies'
  | 'agent-reports'
  | 'cloud-signals'
  | 'agent-leases'
  | 'poison';

/** Real name of a queue of infra/queues.json: those that exist once a connector carry its name. */
export function queueName(name: QueueName, connector?: string): string {
  const queue = queueFile.queues.find((candidate) => candidate.name === name);
  invariant(queue, `infra/queues.json has no queue ${name}`);
  invariant(
    queue.perConnector === (connector !== undefined),
    queue.perConnector
      ? `queue ${name} exists once a connector`
      : `queue ${name} is the same for all connectors`,
  );
  return connector === undefined ? name : `${name}-${connector}`;
}

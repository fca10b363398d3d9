import { expect } from 'vitest';
import { acceptRequest } from '../../../functions/operator/accept-request.ts';
import type { Pipeline } from '../../../functions/pipeline/pipeline.ts';
import { storedRules } from '../../../functions/pipeline/stored-rules.ts';
import { walkTo } from '../../../functions/pipeline/walk-revision.ts';
import { connector, World } from './world.ts';

export const operator = { id: 'someone' };

/** A world whose rules are published as an operator does, and read as the function app reads them. */
export class PublishedWorld extends World {
  readonly app: Pipeline = { ...this.pipeline, rules: storedRules(this.tables, this.pipeline.clock) };

  async publish(rules: string): Promise<void> {
    const files = [{ name: 'rules.yaml', text: rules }];
    await this.tell((await acceptRequest(this.app, 'publish-rules', { files }, operator)).requestId);
  }

  /** What the messages of an operator's request cause in the partition of the scenes. */
  async tell(requestId: string, partition = 'p07'): Promise<void> {
    this.app.rules.refresh();
    const generation = (await this.app.rules.inForce(0))?.generation ?? 0;
    await walkTo(this.app, { connector, partition }, { generation, by: requestId });
    this.requests.length = 0;
  }

  async walk(partition = 'p07'): Promise<void> {
    await this.turns(partition, this.app);
    const rules = await this.app.rules.inForce(0);
    expect((await this.work(partition))?.observed).toBe(rules?.generation);
  }

  async etag(key: string): Promise<string | undefined> {
    return (await this.tables.get('Objects', 'corp|p07', `o|${key}`))?.etag;
  }

  patches(): unknown[] {
    return this.requests.flatMap(({ method, body }) => (method === 'PATCH' ? [body] : []));
  }
}

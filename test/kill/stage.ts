import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { DirectoryClient } from '../../local/demo/directory-client.ts';
import { tableStorage } from '../../shared/adapters/table-storage/table-storage.ts';
import { partitionOf } from '../../shared/model/partition.ts';
import type { TableStore } from '../../shared/ports/table-store.ts';
import { objectRowKey, objectsPartition, referenceRowKey } from '../../shared/state/keys.ts';
import type { ObjectRecord } from '../../shared/state/object-record.ts';
import { sendAgentCommand } from '../support/send-agent-command.ts';
import { backlogOf, messagesLeft } from './backlog.ts';
import { Cast, type Victim } from './cast.ts';
import { Chronicle } from './chronicle.ts';
import { Company } from './company.ts';
import type { Armed, Held } from './gates.ts';
import { eventually, within } from './patience.ts';
import { ValueOrder } from './value-order.ts';
import { differences } from './verdict.ts';

/** Whoever waits is told so often what is left. */
const tellingMs = 30_000;

export interface StageOptions {
  readonly people: number;
  readonly lock?: string;
  readonly graphSpeed: number;
  readonly say: (text: string) => void;
}

/** A running cast with a directory full of people, and what those need who let things fall on it. */
export class Stage {
  readonly cast: Cast;
  readonly company: Company;
  readonly chronicle: Chronicle;
  readonly order: ValueOrder;
  readonly #tables: TableStore;
  readonly #bus: ServiceBusClient;
  readonly #restarts = new Set<Promise<void>>();

  private constructor(cast: Cast, company: Company, chronicle: Chronicle, order: ValueOrder) {
    this.cast = cast;
    this.company = company;
    this.chronicle = chronicle;
    this.order = order;
    this.#tables = tableStorage({
      connection: { kind: 'connection-string', connectionString: cast.tablesConnection },
      prefix: 'Dirbridge',
    });
    this.#bus = new ServiceBusClient(cast.busConnection);
  }

  /** The agent is not started yet. */
  static async open({ people, say, ...options }: StageOptions): Promise<Stage> {
    const chronicle = new Chronicle(say);
    const order = new ValueOrder();
    const cast = await Cast.assemble({
      ...options,
      say: (text) => chronicle.say(text),
      onAnswered: (exchange) => order.take(exchange),
    });
    try {
      const company = new Company(await DirectoryClient.open(cast.directory));
      await company.seed(people);
      return new Stage(cast, company, chronicle, order);
    } catch (error) {
      await cast.stop();
      throw error;
    }
  }

  /** Kills whoever's traffic a gate has stopped; what was on its way never arrives. Starts it again meanwhile. */
  async killAt(point: string, armed: Armed): Promise<Held> {
    const held = await within(`something to stop ${point}`, armed.hit);
    const victim = held.crossing.client as Victim;
    await this.cast.kill(victim);
    held.drop();
    this.chronicle.add(`kill ${victim}`, point, held.crossing.what);
    this.restart(victim);
    return held;
  }

  restart(victim: Victim): void {
    const restart = this.cast.start(victim).finally(() => this.#restarts.delete(restart));
    this.#restarts.add(restart);
  }

  async restarted(): Promise<void> {
    await Promise.all(this.#restarts);
  }

  async row(key: string): Promise<ObjectRecord | null> {
    const place = objectsPartition('corp', partitionOf('corp', key));
    const row = await this.#tables.get('Objects', place, objectRowKey(key));
    return row === undefined ? null : (row.data as ObjectRecord);
  }

  async isReferenced(target: string, referrer: string): Promise<boolean> {
    const place = objectsPartition('corp', partitionOf('corp', target));
    const row = await this.#tables.get('References', place, referenceRowKey(target, referrer, 'member'));
    return row !== undefined;
  }

  /** Asks the agent to read an object again, as the function app does; the answer comes by the bulk lane. */
  async refresh(key: string): Promise<void> {
    await sendAgentCommand(this.#bus, 'refresh', { requests: [{ key }] });
  }

  /** Both sides are equal, no message waits, and no row is due. */
  async quiet(patienceMs: number): Promise<void> {
    await this.restarted();
    let toldAt = performance.now();
    const look = async (): Promise<string | null> => {
      const left = await this.#left();
      if (left !== null && performance.now() - toldAt > tellingMs) {
        this.chronicle.say(`waiting: ${left}`);
        toldAt = performance.now();
      }
      return left;
    };
    await eventually('both sides are equal and nothing is left to do', look, { patienceMs, pauseMs: 1_000 });
  }

  async #left(): Promise<string | null> {
    const messages = await messagesLeft(this.cast);
    if (messages > 0) return `${messages} messages`;
    const [difference, ...more] = await differences(this.cast, this.company);
    const { due, parked } = await backlogOf(this.cast);
    const [row, ...others] = due;
    const rows = row === undefined ? null : `${others.length + 1} rows due: ${row}`;
    if (difference === undefined) return rows;
    return [`${more.length + 1} differences: ${difference}`, rows ?? 'nothing due', parked].join('; ');
  }

  async close({ keepsLogs } = { keepsLogs: false }): Promise<void> {
    await this.restarted().catch(() => undefined);
    await this.#bus.close();
    await this.company.client.close();
    await this.cast.stop({ keepsLogs });
    if (keepsLogs)
      await writeFile(join(this.cast.folder, 'chronicle.log'), `${this.chronicle.lines.join('\n')}\n`);
  }
}

import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CommandContext } from '../../../cli/command-context.ts';
import { applyPlan, type ApplyOptions } from '../../../cli/commands/apply.ts';
import { operatorClient } from '../../../cli/operator-client.ts';
import type { Outcome } from '../../../cli/outcome.ts';
import { planFileText, type PlanFile } from '../../../cli/plan/plan-file.ts';
import { plain } from '../../../cli/text/paint.ts';
import { operatorBodies, type ApplyPlanBody } from '../../../functions/operator/operator-request.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { latestRowKey, type LatestRevision } from '../../../shared/state/rule-rows.ts';
import type { World } from '../pipeline-review/world.ts';
import { entriesIn } from './any-plan.ts';
import { fakeIo, type FakeIo } from './fake-io.ts';
import { planOf } from './plan-scene.ts';

export const folder = mkdtempSync(path.join(tmpdir(), 'dirbridge-apply-'));

export function writeFile(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

export const writePlan = (plan: PlanFile, name = 'plan.json'): string => {
  const { operations, ...head } = plan;
  return writeFile(name, [...planFileText(head, operations)].join(''));
};

/** What `dirbridge plan --out` writes of these rules. */
export async function planFileOf(world: World, text?: string): Promise<PlanFile> {
  const plan = await planOf(world, text);
  return { ...plan.head, operations: [...entriesIn(plan)] };
}

export type StoreBody = Extract<ApplyPlanBody, { step: 'store' }>;
export type CarryOutBody = Extract<ApplyPlanBody, { step: 'carry-out' }>;

export interface FakeOperator {
  readonly url: string;
  readonly stored: StoreBody[];
  readonly carriedOut: CarryOutBody[];
  readonly close: () => void;
}

export interface OperatorAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The operator function's side of HTTP, with its real schema; what it does to the state the test says. */
export async function fakeOperator(
  onCarryOut: (body: CarryOutBody) => OperatorAnswer | Promise<OperatorAnswer>,
  onStore: (body: StoreBody) => OperatorAnswer = () => ({ status: 202, body: { requestId: 'r' } }),
): Promise<FakeOperator> {
  const stored: StoreBody[] = [];
  const carriedOut: CarryOutBody[] = [];
  const answerTo = (body: ApplyPlanBody): OperatorAnswer | Promise<OperatorAnswer> => {
    if (body.step === 'store') {
      stored.push(body);
      return onStore(body);
    }
    carriedOut.push(body);
    return onCarryOut(body);
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const parsed = operatorBodies['apply-plan'].safeParse(JSON.parse(Buffer.concat(chunks).toString()));
      const isRight = request.url === '/api/operator/apply-plan' && parsed.success;
      void Promise.resolve(
        isRight ? answerTo(parsed.data) : { status: 500, body: { message: parsed.error?.message } },
      ).then(({ status, body }) => response.writeHead(status).end(JSON.stringify(body)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, stored, carriedOut, close };
}

/** What the operator function leaves in the state when it takes a plan. */
export async function putInForce(
  world: World,
  body: CarryOutBody,
  revision: number,
): Promise<OperatorAnswer> {
  const latest: LatestRevision = {
    revision,
    hash: body.hash,
    generation: revision,
    apply: { id: body.plan, at: world.now, base: body.base.revision, mode: 'full' },
  };
  await putLatest(world, latest);
  return { status: 202, body: { requestId: 'r', revision, generation: revision, hash: body.hash } };
}

export const putLatest = (world: World, latest: LatestRevision): Promise<void> =>
  world.tables.transact('Rules', 'rules', [
    { kind: 'upsert', rowKey: latestRowKey, content: { data: latest } },
  ]);

/** Time that only moves while somebody waits; what happens meanwhile the test says. */
export const clockOf = (world: World, meanwhile: (waited: number) => Promise<void> | void): Clock => {
  let waited = 0;
  return {
    now: () => world.now,
    async sleep(ms) {
      world.now += ms;
      waited += 1;
      await meanwhile(waited);
    },
  };
};

export interface Run {
  readonly options?: Partial<ApplyOptions>;
  readonly io?: FakeIo;
  readonly clock?: Clock;
}

/** The command itself, over the state of a world and a real client of the operator function. */
export async function applyCommand(
  world: World,
  file: string,
  operator: FakeOperator | null,
  { options = {}, io = fakeIo(), clock = clockOf(world, () => undefined) }: Run = {},
): Promise<Outcome & { readonly err: string }> {
  const context: CommandContext = {
    io: { ...io, now: () => world.now },
    paint: plain,
    tables: () => world.tables,
    operator: () => {
      if (operator === null) throw new Error('nobody is to be asked');
      return operatorClient({
        url: operator.url,
        audience: 'api://dirbridge',
        credential: { getToken: () => Promise.resolve({ token: 't', expiresOnTimestamp: 0 }) },
        stop: io.stop,
      });
    },
    say: (text) => io.stderr.write(`${text}\n`),
  };
  const outcome = await applyPlan(context, file, { wait: true, timeout: 60, yes: true, ...options }, clock);
  return { ...outcome, err: io.err.join('') };
}

'use strict';
/* global require, Buffer, setTimeout, clearTimeout */
/* eslint-disable @typescript-eslint/no-require-imports -- an app as people write it, loaded by require */
// A function app written against the real library, for the host's contract tests: it records what it is given and does what the
// message tells it to. Behaviour stands under `envelope`, so that it never collides with trigger metadata.
const { app } = require('@azure/functions');

const seen = [];
const attempts = new Map();
const gates = new Map();
const watchers = new Set();

function record(entry) {
  seen.push({ at: Date.now(), ...entry });
  for (const watcher of watchers) watcher();
}

function gate(name) {
  if (!gates.has(name)) {
    let open;
    const opened = new Promise((resolve) => (open = resolve));
    gates.set(name, { opened, open });
  }
  return gates.get(name);
}

async function obey(body) {
  const order = body?.envelope ?? {};
  const times = (attempts.get(order.id) ?? 0) + 1;
  attempts.set(order.id, times);
  if (order.wait !== undefined) await gate(order.wait).opened;
  if (order.takeMs !== undefined) await new Promise((resolve) => setTimeout(resolve, order.takeMs));
  if (order.failTimes !== undefined && times <= order.failTimes)
    throw new Error(`told to fail, attempt ${times}`);
  if (order.throwNothing === true) throw undefined;
  if (order.float === true) void Promise.reject(new Error('nobody awaits me'));
}

const onMessage = (name) => async (body, context) => {
  const metadata = context.triggerMetadata;
  record({
    name,
    phase: 'start',
    body,
    type: Buffer.isBuffer(body) ? 'buffer' : typeof body,
    metadata,
    trace: context.traceContext,
  });
  context.log(`handling ${name}`);
  try {
    await obey(body);
    record({ name, phase: 'end', id: body?.envelope?.id });
  } catch (error) {
    record({ name, phase: 'fail', id: body?.envelope?.id });
    throw error;
  }
};

app.serviceBusQueue('onSession', {
  queueName: '%SESSION_QUEUE%',
  connection: 'TEST_BUS',
  isSessionsEnabled: true,
  handler: onMessage('onSession'),
});
app.serviceBusQueue('onPlain', {
  queueName: 'changes-bulk',
  connection: 'TEST_BUS',
  handler: onMessage('onPlain'),
});
app.serviceBusQueue('onBinary', {
  queueName: 'poison',
  connection: 'TEST_BUS',
  dataType: 'binary',
  handler: (body, context) =>
    record({
      name: 'onBinary',
      isBuffer: Buffer.isBuffer(body),
      text: String(body),
      metadata: context.triggerMetadata,
    }),
});
app.serviceBusQueue('onBatch', {
  queueName: 'agent-reports',
  connection: 'TEST_BUS',
  cardinality: 'many',
  handler: (bodies, context) => {
    const { sequenceNumberArray: numbers } = context.triggerMetadata;
    const keys = numbers.map((number) => Object.keys(number).sort());
    record({ name: 'onBatch', bodies, metadata: context.triggerMetadata, sequenceKeys: keys });
    return obey(bodies[0]);
  },
});
app.serviceBusQueue('unset', { queueName: '%NOT_SET%', connection: 'TEST_BUS', handler: () => undefined });
app.serviceBusQueue('unconnected', {
  queueName: 'poison',
  connection: 'NO_SUCH_BUS',
  handler: () => undefined,
});
app.serviceBusQueue('switchedOff', {
  queueName: 'changes-bulk',
  connection: 'TEST_BUS',
  handler: onMessage('switchedOff'),
});

app.timer('tick', {
  schedule: '%TICK_SCHEDULE%',
  handler: (timer) => record({ name: 'tick', timer }),
});
app.timer('hourly', { schedule: '0 0 * * * *', handler: (timer) => record({ name: 'hourly', timer }) });
app.timer('eager', {
  schedule: '0 0 0 1 1 *',
  runOnStartup: true,
  handler: (timer) => record({ name: 'eager', timer }),
});
app.timer('badSchedule', { schedule: 'every day', handler: () => undefined });

// What was recorded from `since` on; waits until there are `count` entries of that name and phase, or the time is up.
app.get('seen', async (request) => {
  const { name, phase, count = '0', ms = '15000' } = Object.fromEntries(request.query);
  const matching = () =>
    seen.filter((entry) => entry.name === name && (phase === undefined || entry.phase === phase));
  const deadline = Date.now() + Number(ms);
  while (matching().length < Number(count) && Date.now() < deadline) {
    await new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        watchers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(1, deadline - Date.now()));
      watchers.add(done);
    });
  }
  return { jsonBody: matching() };
});
app.post('open', async (request) => {
  gate(await request.text()).open();
  return { status: 200 };
});

app.http('echo', {
  route: 'items/{id:int}/{rest?}',
  methods: ['GET', 'POST', 'DELETE'],
  handler: async (request, context) => ({
    status: 201,
    headers: { 'x-seen': request.headers.get('x-sent') ?? '' },
    cookies: [{ name: 'c', value: 'v 1', httpOnly: true, sameSite: 'Lax' }],
    jsonBody: {
      method: request.method,
      url: request.url,
      params: request.params,
      query: Object.fromEntries(request.query),
      body: await request.text(),
      metadata: context.triggerMetadata === undefined,
      trace: context.traceContext.traceParent,
    },
  }),
});
app.get('literal', { route: 'items/special', handler: () => ({ body: 'literal wins' }) });
app.get('nothing', () => undefined);
app.get('broken', () => {
  throw new Error('the handler threw');
});
app.get('slow', {
  route: 'slow/{gate}',
  handler: async (request) => {
    record({ name: 'slow', phase: 'start' });
    await gate(request.params.gate).opened;
    return { body: 'done' };
  },
});
app.http('guarded', { authLevel: 'function', methods: ['GET'], handler: () => ({ body: 'in' }) });
app.get('float', () => {
  void Promise.reject(new Error('floating'));
  return { body: 'never minded' };
});

app.hook.appStart(() => record({ name: 'appStart' }));
app.hook.appTerminate(() => console.log('appTerminate ran'));
app.hook.preInvocation((context) =>
  record({ name: 'hook', phase: 'pre', fn: context.invocationContext.functionName }),
);

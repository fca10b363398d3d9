import { httpOperator } from './http-operator.ts';
import { onAgentReport } from './on-agent-report.ts';
import { onChanges } from './on-changes.ts';
import { onChangesBulk } from './on-changes-bulk.ts';
import { onSweep } from './on-sweep.ts';

/** Triggers are data: functions/index.ts registers this table, tests compare it with host.json and infra/queues.json. */
export const triggers = [
  {
    kind: 'queue',
    name: 'changes',
    options: { queueName: 'changes', connection: 'DIRBRIDGE_BUS', isSessionsEnabled: true },
    handler: onChanges,
  },
  {
    kind: 'queue',
    name: 'changes-bulk',
    options: { queueName: 'changes-bulk', connection: 'DIRBRIDGE_BUS', isSessionsEnabled: false },
    handler: onChangesBulk,
  },
  {
    kind: 'queue',
    name: 'agent-reports',
    options: { queueName: 'agent-reports', connection: 'DIRBRIDGE_BUS', isSessionsEnabled: false },
    handler: onAgentReport,
  },
  {
    kind: 'timer',
    name: 'sweep',
    options: { schedule: '%DIRBRIDGE_SWEEP_SCHEDULE%', runOnStartup: false, useMonitor: false },
    handler: onSweep,
  },
  {
    kind: 'http',
    name: 'operator',
    options: { methods: ['POST'], route: 'operator/{kind}', authLevel: 'anonymous' },
    handler: httpOperator,
  },
] as const;

import {
  configureSchema,
  fullImportSchema,
  probeSchema,
  refreshSchema,
  type Configure,
} from '../../shared/contracts/agent-command.v1.ts';
import type { Configured } from '../../shared/contracts/agent-report.v1.ts';
import type { Envelope } from '../../shared/contracts/envelope.v1.ts';
import { parseExtendedDn } from '../../shared/adapters/active-directory/extended-dn.ts';
import { SyncError } from '../../shared/errors/sync-error.ts';
import { openPayload } from '../../shared/model/envelope-seal.ts';
import type { AgentParts } from '../agent-parts.ts';
import { addedAttributes, isSameNeeds } from '../capture/capture-needs.ts';
import { carryOutProbe, carryOutRefresh } from '../capture/object-reading.ts';
import { withNewAttributes, withNewImport } from '../leader/import-request.ts';
import type { CommandTarget } from './command-target.ts';

/** Carries out one control command; resolves when the broker has accepted what it led to. */
export async function carryOut(
  envelope: Envelope,
  parts: AgentParts,
  term: CommandTarget,
  signal: AbortSignal,
): Promise<void> {
  const { file, log, random } = parts;
  if (envelope.connector !== file.connector)
    throw new SyncError('CONTRACT_INVALID', 'a command for another connector', {
      context: { message: envelope.id },
    });
  log.debug('command', { kind: envelope.kind, message: envelope.id });
  if (envelope.kind === 'configure')
    return configure(openPayload(envelope, configureSchema), parts, term, signal);
  if (envelope.kind === 'refresh') {
    const { requests } = openPayload(envelope, refreshSchema);
    return carryOutRefresh(await term.desk.running(signal), requests);
  }
  if (envelope.kind === 'probe') {
    const { keys } = openPayload(envelope, probeSchema);
    return carryOutProbe(await term.desk.running(signal), parts.access, file.connector, keys);
  }
  if (envelope.kind === 'full-import') {
    const { reason } = openPayload(envelope, fullImportSchema);
    log.info('full import asked for', { reason });
    await term.state.update((state) => withNewImport(state, random, reason));
    term.restartCapture();
    return;
  }
  throw new SyncError('CONTRACT_INVALID', `no control command: ${envelope.kind}`, {
    context: { message: envelope.id },
  });
}

async function configure(
  wanted: Configure,
  parts: AgentParts,
  term: CommandTarget,
  signal: AbortSignal,
): Promise<void> {
  const { log, random, clock } = parts;
  const { configure: known } = term.state.current;
  if (known !== null && known.revision > wanted.revision) {
    const revisions = { revision: wanted.revision, inForce: known.revision };
    if (!term.olderTold.isInsistedOn(wanted.revision, clock.now())) {
      log.info('an older configuration came late and is left aside', revisions);
      return;
    }
    log.warn('an older configuration is taken, since the cloud tells no other any more', revisions);
  }
  term.olderTold.forget();
  const hasSameNeeds = known !== null && isSameNeeds(known, wanted);
  await term.state.update((state) => {
    const configured = { ...state, configure: wanted, revision: wanted.revision };
    // The first configuration needs no wish of its own: a naming context without a watermark is imported anyway.
    if (known === null) return configured;
    const added = addedAttributes(known, wanted);
    if (added === null) return withNewImport(configured, random, 'configuration');
    return added.length === 0 ? configured : withNewAttributes(configured, random, added);
  });
  if (!hasSameNeeds) {
    log.info('configured', { revision: wanted.revision });
    term.restartCapture();
  }
  await answer(wanted, term, signal);
}

/** Says as which objects the containers in scopes are known; null where there is none of that name. */
async function answer(wanted: Configure, term: CommandTarget, signal: AbortSignal): Promise<void> {
  const containers: Configured['containers'] = [];
  if (wanted.containers.length > 0) {
    const contexts = await term.desk.running(signal);
    for (const dn of wanted.containers) {
      let key: string | null = null;
      for (const { reader } of contexts) {
        const entry = key === null ? await reader.lookUp(dn, ['1.1']) : undefined;
        if (entry !== undefined) ({ key } = parseExtendedDn(entry.dn));
      }
      containers.push({ dn, key });
    }
  }
  const payload: Configured = { revision: wanted.revision, containers };
  await term.publisher.send([
    { queue: 'agent-reports', kind: 'configured', partition: null, payload: JSON.stringify(payload) },
  ]);
}

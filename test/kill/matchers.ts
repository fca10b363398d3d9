import type { Crossing, Matcher } from './gates.ts';

const writing = /"method":\s*"(?:PATCH|POST|PUT|DELETE)"/;

/** A write to Graph, or a batch that holds one. */
function isGraphWrite({ service, what, text, way, asked }: Crossing): boolean {
  if (service !== 'graph' || what.startsWith('GET ')) return false;
  return !what.endsWith('/$batch') || writing.test(way === 'request' ? text() : asked());
}

const isObjects = ({ service, what }: Crossing): boolean =>
  service === 'tables' && (what.includes('DirbridgeObjects') || what.includes('/$batch'));

const isWrite = ({ way, what }: Crossing): boolean => way === 'request' && !what.startsWith('GET ');

/** A write to Graph that says `text`, still on its way there. */
export const graphRequest =
  (text: string): Matcher =>
  (crossing) =>
    crossing.way === 'request' && isGraphWrite(crossing) && crossing.text().includes(text);

/** The answer to a write to Graph that said `text`: it has been applied. */
export const graphAnswer =
  (text: string): Matcher =>
  (crossing) =>
    crossing.way === 'answer' && isGraphWrite(crossing) && crossing.asked().includes(text);

/** Graph's answer to `text` has reached the host; now its transaction that records the object of `key` is on its way. */
export function recordRequest(text: string, key: string): Matcher {
  const isAnswer = graphAnswer(text);
  let writer: string | null = null;
  return (crossing) => {
    if (isAnswer(crossing)) writer = crossing.client;
    return (
      crossing.client === writer &&
      isWrite(crossing) &&
      isObjects(crossing) &&
      `${decodeURIComponent(crossing.what)} ${crossing.text()}`.replaceAll('%7C', '|').includes(`o|${key}`)
    );
  };
}

/** A host's announcement of a turn, of this partition or of any: it is sent once the host has folded. */
export const workAnnounced =
  (partition: string | null): Matcher =>
  ({ what, text }) =>
    what === 'transfer changes' &&
    text().includes('"kind":"work"') &&
    (partition === null || text().includes(`"partition":"${partition}"`));

/** The broker hands a host a message of this partition. */
export const delivered =
  (client: string, partition: string): Matcher =>
  (crossing) =>
    crossing.client === client &&
    crossing.what === 'delivery changes' &&
    crossing.text().includes(`"partition":"${partition}"`);

/** A message of the agent on `queue` about `text`, still on its way to the broker. */
export const published =
  (queue: string, text: string): Matcher =>
  (crossing) =>
    crossing.client === 'agent' && crossing.what === `transfer ${queue}` && crossing.text().includes(text);

/** The broker's word that it has taken a message of the agent on `queue` that says `text`. */
export const accepted =
  (queue: string, text: string): Matcher =>
  (crossing) =>
    crossing.client === 'agent' &&
    crossing.way === 'answer' &&
    crossing.what === `disposition ${queue}` &&
    crossing.asked().includes(text);

/** The agent has heard that the broker took `text`; now its watermark is on its way. */
export function watermarkAfter(queue: string, text: string): Matcher {
  const isAccepted = accepted(queue, text);
  let isHeard = false;
  return (crossing) => {
    if (isAccepted(crossing)) isHeard = true;
    return isHeard && isWatermark(crossing);
  };
}

const isWatermark = ({ client, way, what, text }: Crossing): boolean =>
  client === 'agent' &&
  way === 'request' &&
  what.startsWith('transfer agent-leases-') &&
  text().includes('set-session-state');

/** The agent's n-th page of an import. */
export function importPage(n: number): Matcher {
  let count = 0;
  return ({ client, way, what, text }) => {
    if (client === 'agent' && way === 'request' && what === 'transfer changes-bulk') {
      if (text().includes('"kind":"change-set"')) count += 1;
      return count === n;
    }
    return false;
  };
}

/** The link of `key` is written together with the wake-up that is owed; now the host looks for those who refer to it. */
export function wakeUpAfterLink(key: string): Matcher {
  let writer: string | null = null;
  return (crossing) => {
    if (
      isWrite(crossing) &&
      isObjects(crossing) &&
      crossing.text().replaceAll('%7C', '|').includes(`|wake|${key}`)
    )
      writer ??= crossing.client;
    return (
      crossing.client === writer &&
      crossing.way === 'request' &&
      crossing.what.startsWith('GET ') &&
      crossing.what.includes('DirbridgeReferences') &&
      crossing.what.includes(key)
    );
  };
}

/** A host settles a message of this partition: all its work for it is done, and the broker has not heard so. */
export const settlement =
  (queue: string, partition: string): Matcher =>
  ({ client, way, what, asked }) =>
    client !== 'agent' &&
    way === 'request' &&
    what === `disposition ${queue}` &&
    asked().includes(`"partition":"${partition}"`);

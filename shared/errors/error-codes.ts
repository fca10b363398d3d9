/**
 * What becomes of a failure. One table, so that settlement, the docs page and the runbooks cannot disagree.
 *
 * - `retry`: wait inside the handler (an outage) or give the message back; bounded by the delivery count.
 * - `retry-after`: the service said when; the row's due time is moved there.
 * - `quarantine`: recorded on the object with a growing pause; others flow on.
 * - `hold`: kept for a person to decide; others flow on.
 * - `refresh`: the object is read again from its source before anything is decided.
 * - `full-import`: the watermark is not usable any more; read everything, delete nothing because of it.
 * - `reject`: refused for good; the message goes to the poison queue with the reason.
 * - `stop`: going on would only burn retries; the loop stops or pauses and says so.
 */
export type Disposition =
  'retry' | 'retry-after' | 'quarantine' | 'hold' | 'refresh' | 'full-import' | 'reject' | 'stop';

interface ErrorEntry {
  readonly disposition: Disposition;
  readonly summary: string;
  /** What an operator should do, in one or two sentences. */
  readonly action: string;
}

const entry = (disposition: Disposition, summary: string, action: string): ErrorEntry => ({
  disposition,
  summary,
  action,
});

/** Every error code of the product. `docs/reference/errors.md` is generated from it. */
export const errorCodes = {
  CONFIG_INVALID: entry(
    'stop',
    'A configuration file or setting is wrong.',
    'Correct the named file and line or setting, then start again.',
  ),
  RULES_INVALID: entry(
    'stop',
    'A rule file is wrong.',
    'Correct the named file, line and column; run "dirbridge rules validate".',
  ),
  CONTRACT_INVALID: entry(
    'reject',
    'A message does not have the agreed form.',
    'Look at the message in the poison queue; update the older of agent and function app.',
  ),
  SIGNATURE_INVALID: entry(
    'reject',
    'A message is not signed by a key pinned for its connector.',
    'If the agent is yours, run "dirbridge agents trust"; otherwise treat it as an intrusion.',
  ),
  AGENT_KEYS_FULL: entry(
    'reject',
    'So many agent keys wait for a decision that no other is noted.',
    'Look at them with "dirbridge agents list". Those that nobody knows: "dirbridge agents revoke --pending"; agents that still run introduce themselves again within five minutes.',
  ),
  TOO_OLD: entry(
    'reject',
    'A change is older than the time deleted objects are remembered (400 days).',
    'See that the clock of the agent is right, then restart its service: it dates its readings anew. What was refused is read again when it changes next, or with the next import.',
  ),
  LDAP_UNREACHABLE: entry(
    'retry',
    'The domain controller cannot be reached.',
    'Check name, port and firewall; the agent tries the next address by itself.',
  ),
  LDAP_TIMEOUT: entry(
    'retry',
    'The domain controller did not answer in time.',
    'Look at its load; raise directory.requestTimeout only if it is slow by nature.',
  ),
  LDAP_BUSY: entry('retry', 'The domain controller is busy.', 'Nothing; the agent waits and tries again.'),
  LDAP_CERTIFICATE: entry(
    'stop',
    'The certificate of the domain controller is not trusted.',
    'Give the issuing CA in directory.tls.ca, and use the name the certificate was issued for.',
  ),
  LDAP_BIND_REFUSED: entry(
    'stop',
    'The domain controller refused the bind.',
    'Check user and password in agent.yaml; the agent does not try again by itself, so that the account is not locked.',
  ),
  LDAP_RIGHTS: entry(
    'stop',
    'The bind account lacks a right.',
    'Grant the right that the message names to the bind account.',
  ),
  LDAP_REFUSED: entry(
    'retry',
    'The domain controller refused a request.',
    'See the result code in the message.',
  ),
  LDAP_BEHIND: entry(
    'retry',
    'The domain controllers that answer may lack changes that were told already.',
    'Nothing where the other one comes back or replication is on its way. If it is gone for good, take it out of directory.urls.',
  ),
  COOKIE_REJECTED: entry(
    'full-import',
    'The domain controller no longer accepts the DirSync cookie.',
    'Nothing; the agent reads everything again and deletes nothing because of it.',
  ),
  USN_ROLLBACK: entry(
    'full-import',
    'The domain controller went back in time (restore or snapshot).',
    'Nothing for Dirbridge; check how that controller was restored.',
  ),
  BUS_UNREACHABLE: entry(
    'retry',
    'Service Bus cannot be reached.',
    'Check namespace, network and credentials.',
  ),
  BUS_REFUSED: entry(
    'stop',
    'Service Bus refused the request.',
    'Check the rights of the identity on the queue that the message names.',
  ),
  LEASE_LOST: entry('retry', 'Leadership was lost; another agent goes on.', 'Nothing.'),
  STATE_UNREACHABLE: entry(
    'retry',
    'Table storage cannot be reached.',
    'Check the state account and its network rules.',
  ),
  STATE_CONFLICT: entry(
    'retry',
    'A row was changed by someone else meanwhile.',
    'Nothing; the handler reads again and repeats.',
  ),
  STATE_TOO_LARGE: entry(
    'reject',
    'A row or transaction passes the limits of Table storage.',
    'Report it: the agent should have split the object.',
  ),
  STATE_KEY_INVALID: entry(
    'reject',
    'Something has a name that Table storage does not take as a key.',
    'Report it: whatever brought that name should have been refused before. If it was a message, look who sent it.',
  ),
  GRAPH_UNREACHABLE: entry(
    'retry',
    'Microsoft Graph cannot be reached or answered with a server error.',
    'Nothing; it is tried again with growing pauses.',
  ),
  GRAPH_THROTTLED: entry(
    'retry-after',
    'Microsoft Graph asked to wait.',
    'Nothing; writes go on when the time it named has passed.',
  ),
  GRAPH_GARBAGE: entry(
    'retry',
    'The answer was not one of Microsoft Graph.',
    'Check DIRBRIDGE_GRAPH_URL and any proxy in between.',
  ),
  GRAPH_UNAUTHORIZED: entry(
    'stop',
    'Microsoft Graph did not accept the token.',
    'Check the managed identity and DIRBRIDGE_CLIENT_ID; writes pause for a minute between attempts.',
  ),
  GRAPH_FORBIDDEN: entry(
    'quarantine',
    'The app is not allowed to make this change.',
    'Grant the missing app role, or accept that the target is protected and exclude it.',
  ),
  GRAPH_NOT_FOUND: entry(
    'retry',
    'The target object is not there (yet).',
    'Nothing for two minutes (replication lag); after that it is treated as gone from the cloud.',
  ),
  GRAPH_CONFLICT: entry(
    'quarantine',
    'Another cloud object holds a value that must be unique.',
    'Run "dirbridge quarantine list": it names the property. Find the other holder in the cloud and change one of the two. What is not listed any more went through later.',
  ),
  GRAPH_INVALID_VALUE: entry(
    'quarantine',
    'Microsoft Graph refused a value.',
    'Correct the value at its source or the rule that makes it.',
  ),
  GRAPH_CONCURRENCY: entry('retry', 'Microsoft Graph is still busy with this object.', 'Nothing.'),
  TARGET_PROTECTED: entry(
    'quarantine',
    'The cloud object is protected or owned by someone else.',
    'Nothing is written to it; exclude it in the scope to end the report.',
  ),
  GUARD_BUDGET: entry(
    'hold',
    'More destructive changes than the budget allows.',
    'Look at them with "dirbridge holds list"; approve or reject each.',
  ),
  NOT_IN_PLAN: entry(
    'hold',
    'New rules come to something that the applied plan does not name.',
    'Make a plan again and apply it, or approve it with "dirbridge holds approve".',
  ),
  ANCHOR_CHANGED: entry(
    'hold',
    'The source anchor changed, or two objects claim the same one.',
    'Correct the anchor at its source; it is never moved by itself.',
  ),
  VANISHED: entry(
    'hold',
    'An object was not found at its source, and no tombstone says that it was deleted.',
    'Check the read rights of the bind account; approve the hold if it is really gone.',
  ),
  SCOPE_UNKNOWN: entry(
    'refresh',
    'An attribute that a rule needs was never read.',
    'Nothing; the agent is asked to read it.',
  ),
  RULE_VALUE: entry(
    'quarantine',
    'A rule could not be evaluated for this object.',
    'Run "dirbridge quarantine list": it names the flow. Correct the value at its source, or the rule.',
  ),
  OBJECT_TOO_LARGE: entry(
    'quarantine',
    'An attribute is too large to be carried.',
    'Remove the attribute from the rules or shorten it at its source.',
  ),
  INTERNAL: entry(
    'quarantine',
    'A defect of Dirbridge that this object meets.',
    'Report it with the stack that stands in the log; the object is tried again with growing pauses.',
  ),
  OPERATOR_UNAUTHORIZED: entry(
    'reject',
    'The operator token was not accepted.',
    'Sign in again; the reason is in the answer.',
  ),
  OPERATOR_FORBIDDEN: entry(
    'reject',
    'The operator lacks the app role.',
    'Assign the role that DIRBRIDGE_OPERATOR_ROLE names.',
  ),
  PLAN_STALE: entry(
    'reject',
    'The plan is not the last word any more.',
    'Make a plan again, look at it, and apply that one.',
  ),
  OPERATOR_INVALID: entry('reject', 'The operator request is wrong.', 'See the reason in the answer.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCodes;

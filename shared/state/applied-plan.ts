/** In row `latest` of table Rules: the plan whose rules are in force, and what of it binds the evaluation of objects. */
export interface AppliedPlan {
  /** Twenty hex digits that name the plan with all of its operations. */
  readonly id: string;
  /** Epoch ms when it was asked for. */
  readonly at: number;
  /** Revision that was in force before the plan's rules: what it would have written is written all the same. */
  readonly base: number;
  /** Mode of the function app when it was asked for; in another one it binds nothing. */
  readonly mode: string;
}

/** A plan that was not carried out by then binds still, but lets nothing through: what was true then may not be any more. */
export const appliedPlanMs = 7 * 24 * 3_600_000;

/** Operations in one request, and in one row: twenty digits each, and as many again of keys at worst, fit a row of 1 MiB. */
export const planHashesMax = 20_000;

/** Row of table Requests, PartitionKey `plan|connector|id`, RowKey `partition|part`: source key to hashes of operations. */
export type PlanPart = Readonly<Record<string, readonly string[]>>;

export const planPartition = (connector: string, id: string): string => `plan|${connector}|${id}`;
const padded = (part: number): string => String(part).padStart(6, '0');
export const planPartRowKey = (partition: string, part: number): string => `${partition}|${padded(part)}`;
/** PartitionKey `plan|id`: which parts have come, of whatever connector. */
export const planPartsPartition = (id: string): string => `plan|${id}`;
export const planPartsRowKey = padded;

import type { StagedObject } from '../model/staged-object.ts';
import type { Projection, ProjectionContext } from './projection.ts';
import type { Sync } from './rule-set.ts';

/** Computes what the cloud object should be. Objects that are deleted at their source are the planner's business. */
export declare function project(sync: Sync, staged: StagedObject, context: ProjectionContext): Projection;

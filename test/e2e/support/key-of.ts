import { keyFromGuidBytes } from '../../../shared/model/guid.ts';
import type { CreatedObject } from '../../contract/support/directory/directory-world.ts';

/** The source key by which an object of the directory travels. */
export const keyOf = ({ guid }: CreatedObject): string => keyFromGuidBytes(guid);

import { describe, expect, test } from 'vitest';
import { partitionOfFilter } from '../../../local/tables/partition-of-filter.ts';

describe('the partition that a filter names', () => {
  test.each([
    { filter: "PartitionKey eq 'corp|p01'", partition: 'corp|p01' },
    { filter: "PartitionKey eq 'corp|p01' and RowKey ge 'i|0|' and RowKey lt 'i|9|'", partition: 'corp|p01' },
    { filter: "PartitionKey eq 'a' and (RowKey eq '1' or RowKey eq '2')", partition: 'a' },
    { filter: "PartitionKey eq 'a' and (RowKey eq '1' or (RowKey eq '2' and t_x eq 'y'))", partition: 'a' },
    { filter: "PartitionKey eq 'it''s' and t_x eq 'this or (that'", partition: "it's" },
  ])('is found in $filter', ({ filter, partition }) => {
    expect(partitionOfFilter(filter)).toBe(partition);
  });

  test.each([
    "PartitionKey ge 'a' and PartitionKey lt 'b'",
    "PartitionKey eq 'a' or RowKey eq '1'",
    "PartitionKey eq 'a' and RowKey eq '1' or RowKey eq '2'",
    "RowKey eq '1' and PartitionKey eq 'a'",
    "not (PartitionKey eq 'a')",
    "PartitionKey eq 'a' and (RowKey eq '1'",
    '',
  ])('is not guessed in %s', (filter) => {
    expect(partitionOfFilter(filter)).toBeNull();
  });
});

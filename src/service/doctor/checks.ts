import { acls } from './checks/acls.ts';
import { brokers } from './checks/brokers.ts';
import { clock } from './checks/clock.ts';
import { compaction } from './checks/compaction.ts';
import { descriptors } from './checks/descriptors.ts';
import { durability } from './checks/durability.ts';
import { group } from './checks/group.ts';
import { parts } from './checks/parts.ts';
import { progress } from './checks/progress.ts';
import { registry } from './checks/registry.ts';
import { retention } from './checks/retention.ts';
import { sizes } from './checks/sizes.ts';
import { subjects } from './checks/subjects.ts';
import { tls } from './checks/tls.ts';
import { topics } from './checks/topics.ts';
import { transactions } from './checks/transactions.ts';
import type { Check } from './verdict.ts';

/** In the order in which they are told: what others rest on comes first. */
export const CHECKS: readonly Check[] = [
  parts,
  brokers,
  registry,
  tls,
  acls,
  topics,
  durability,
  compaction,
  sizes,
  subjects,
  group,
  progress,
  retention,
  transactions,
  clock,
  descriptors,
];

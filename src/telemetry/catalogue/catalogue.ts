/** Every metric that Tidemark has, by the name that the code calls it. */
import type { Declared, MetricType } from './declare.ts';
import { group } from './group.ts';
import { model } from './model.ts';
import { outcomes } from './outcomes.ts';
import { partitions } from './partitions.ts';
import { service } from './service.ts';

export const catalogue = { ...outcomes, ...model, ...partitions, ...service, ...group };

/** The declarations, for what is made from all of them. */
export const declarations: readonly Declared<MetricType, string>[] = Object.values(catalogue);

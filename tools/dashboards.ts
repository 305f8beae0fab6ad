/** Writes ops/grafana/dashboards/ from tools/dashboards/: `node tools/dashboards.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboardOf } from './dashboards/frame.ts';
import { model } from './dashboards/model.ts';
import { overview } from './dashboards/overview.ts';
import { processes } from './dashboards/processes.ts';

export const DASHBOARDS_FOLDER = 'ops/grafana/dashboards';

export function dashboards(): Dashboard[] {
  return [overview, model, processes].map(dashboardOf);
}

export function fileOf(dashboard: Dashboard): string {
  return `${dashboard.uid}.json`;
}

export function textOf(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

if (import.meta.main) {
  for (const dashboard of dashboards())
    writeFileSync(join(DASHBOARDS_FOLDER, fileOf(dashboard)), textOf(dashboard));
}

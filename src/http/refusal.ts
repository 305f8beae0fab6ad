import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** What every answer that is not the one asked for looks like. */
export interface RefusalBody {
  readonly error: string;
}

export function refuse(c: Context, status: ContentfulStatusCode, error: string): Response {
  return c.json({ error } satisfies RefusalBody, status);
}

import type { AccessView } from '../http/api/access.ts';

const TOKEN = 'tidemark-token';

/** The process answered, and not with what was asked for. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Shorter than anybody's patience, longer than the process takes to read an event again, which it gives up after six seconds.
 * What waits for Kafka for longer is asked again.
 */
const PATIENCE_MS = 8_000;
/** A command is answered when every replica has answered, or has had its time for it. */
const COMMAND_PATIENCE_MS = 45_000;

export function hasToken(): boolean {
  return sessionStorage.getItem(TOKEN) !== null;
}

/** Kept until the tab is closed, and sent in a header: never in an address, which logs and histories keep. */
export function setToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, token);
}

/** @throws Refused when it answers with a fault, TypeError or DOMException when it does not answer */
export async function get<T>(path: string): Promise<T> {
  return ask<T>(path, { method: 'GET' }, PATIENCE_MS);
}

/** As `get`. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return ask<T>(path, { method: 'POST', headers, body: JSON.stringify(body) }, COMMAND_PATIENCE_MS);
}

export function access(): Promise<AccessView> {
  return get<AccessView>('api/access');
}

async function ask<T>(path: string, init: RequestInit, patienceMs: number): Promise<T> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const signal = AbortSignal.timeout(patienceMs);
  const response = await fetch(path, { ...init, headers, signal, cache: 'no-store' });
  const answer: unknown = await response.json();
  if (response.ok) return answer as T;
  const error = (answer as { error?: unknown }).error;
  throw new Refused(response.status, typeof error === 'string' ? error : `status ${response.status}`);
}

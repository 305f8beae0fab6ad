import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import { HTTPException } from 'hono/http-exception';
import type { AccessRule, AccessView } from './api/access.ts';
import { refuse } from './refusal.ts';

/** Who may do what over HTTP. */
export interface Access {
  /** Whether nothing but this machine reaches the server. */
  readonly loopback: boolean;
  /** What reads need. Absent: on the loopback they are open; elsewhere only the holder of `changeToken` reads. */
  readonly readToken?: string | undefined;
  /** What changes need; its holder may read too. Absent: changes are open where reads are, and refused elsewhere. */
  readonly changeToken?: string | undefined;
}

type Right = 'reads' | 'changes';

/** Headers that a browser sets by itself and a page cannot. */
const ASKED_BY_ITSELF = new Set(['same-origin', 'none']);
/** Names that no other machine's DNS can give away; an address needs no DNS. */
const LOCAL_NAME = /^(?:localhost|[^:]*\.localhost|\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\])(?::\d+)?$/i;

/** What each kind of request needs. */
function rulesOf({ loopback, readToken, changeToken }: Access): Record<Right, AccessRule> {
  const isOpen = loopback && readToken === undefined;
  const isReadable = readToken !== undefined || changeToken !== undefined;
  return {
    reads: isOpen ? 'open' : isReadable ? 'token' : 'refused',
    changes: changeToken !== undefined ? 'token' : isOpen ? 'open' : 'refused',
  };
}

/** Lets requests pass that have the right. */
export function gate(access: Access, right: Right): MiddlewareHandler {
  const rule = rulesOf(access)[right];
  if (rule === 'open') return (_, next) => next();
  if (rule === 'refused') return async (c) => refuse(c, 403, NEEDS[right]);
  const rightsOf = tokenReader(access);
  const key = right === 'reads' && access.readToken !== undefined ? 'http.read_token' : 'http.change_token';
  return bearerAuth({
    verifyToken: (token) => {
      const rights = rightsOf(token);
      if (rights.length > 0 && !rights.includes(right))
        throw new HTTPException(403, {
          message: 'this token may read; changes need the one of http.change_token',
        });
      return rights.includes(right);
    },
    noAuthenticationHeader: {
      message: { error: `this needs the token of ${key}, as Authorization: Bearer` },
    },
    invalidAuthenticationHeader: { message: { error: 'the Authorization header holds no bearer token' } },
    invalidToken: { message: { error: `this is not the token of ${key}` } },
  });
}

const NEEDS: Record<Right, string> = {
  reads: 'reading over HTTP from another machine needs http.read_token in the pipeline’s file',
  changes: 'changing anything over HTTP needs http.change_token in the pipeline’s file',
};

/** What the one who asks may do, for a page that has to know whether to ask for a token. */
export function accessView(access: Access): (c: Context) => Omit<AccessView, 'parts'> {
  const rules = rulesOf(access);
  const rightsOf = tokenReader(access);
  return (c) => {
    const token = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const rights = token === undefined ? [] : rightsOf(token);
    return {
      ...rules,
      ...(rules.reads === 'refused' && { readsNeed: NEEDS.reads }),
      mayRead: rules.reads === 'open' || rights.includes('reads'),
      mayChange: rules.changes === 'open' || rights.includes('changes'),
    };
  };
}

/** Compares in a time that tells nothing of the tokens, nor of how long they are. */
function tokenReader({ readToken, changeToken }: Access): (token: string) => Right[] {
  const digestOf = (token: string) => createHash('sha256').update(token).digest();
  const known = [
    { token: readToken, rights: ['reads'] as Right[] },
    { token: changeToken, rights: ['reads', 'changes'] as Right[] },
  ].flatMap(({ token, rights }) => (token === undefined ? [] : [{ digest: digestOf(token), rights }]));
  return (token) => {
    const given = digestOf(token);
    let found: Right[] = [];
    for (const { digest, rights } of known) if (timingSafeEqual(digest, given)) found = rights;
    return found;
  };
}

/**
 * Where reads are open, whatever runs in a browser of this machine could read by a name of its own that it has DNS point
 * here (DNS rebinding): only names are answered that DNS cannot point anywhere.
 */
export function localNamesOnly(access: Access): MiddlewareHandler {
  if (rulesOf(access).reads !== 'open') return (_, next) => next();
  return async (c, next) => {
    const host = c.req.header('host') ?? '';
    if (LOCAL_NAME.test(host)) return next();
    return refuse(
      c,
      403,
      'this server answers to localhost and to addresses only; behind a proxy, set http.read_token',
    );
  };
}

/** Keeps other web pages from asking for anything in the name of whoever looks at them. */
export const ownPageOnly: MiddlewareHandler = async (c, next) => {
  const site = c.req.header('sec-fetch-site');
  // Where the browser does not say (plain http to another machine), its Origin has to be where it asks.
  const origin = c.req.header('origin');
  const isOwn =
    site !== undefined
      ? ASKED_BY_ITSELF.has(site)
      : origin === undefined || URL.parse(origin)?.host === c.req.header('host')?.toLowerCase();
  if (isOwn) return next();
  return refuse(c, 403, 'another web page may not ask for this');
};

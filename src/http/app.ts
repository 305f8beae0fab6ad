import { type Context, type Handler, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { asTidemarkError, type TidemarkError } from '../errors.ts';
import type { Telemetry } from '../telemetry/events.ts';
import type { Health, HealthReport } from '../telemetry/health.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Access, accessView, gate, localNamesOnly, ownPageOnly } from './access.ts';
import type { AccessView, PartName } from './api/access.ts';
import { type ConsoleFile, consoleFile, consolePage } from './consoleFiles.ts';
import type { HttpParts } from './parts.ts';
import { refuse } from './refusal.ts';

export interface AppOptions {
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly health: Health;
  readonly telemetry: Pick<Telemetry, 'requestFailed'>;
  readonly access: Access;
  readonly parts: HttpParts;
}

/** A command is a few words and a reason. */
const MAX_BODY_BYTES = 16 * 1024;
const READS = 'GET, HEAD';

/** Everything that is served, each path once: who may ask, and who answers. */
export function newApp({ access, parts, health, metrics, telemetry }: AppOptions): Hono {
  const { registry } = metrics;
  const app = new Hono();
  app.use(secureHeaders(HEADERS), neverKept, localNamesOnly(access));
  app.use('/api/*', ownPageOnly);
  const mayRead = gate(access, 'reads');
  const paths: string[] = [];
  const get = (path: string, ...handlers: Handler[]) => {
    paths.push(path);
    app.on('GET', [path], ...handlers);
    app.all(path, onlyBy(READS));
  };

  get('/', async (c) => sent(c, await consolePage()));
  get('/metrics', mayRead, async (c) =>
    c.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  );
  get('/healthz', (c) => reported(c, health.alive()));
  get('/readyz', (c) => reported(c, health.ready()));
  const { replica, rejections, payload, group, scale, audit, commands } = parts;
  if (scale) get('/scale', mayRead, async (c) => known(c, await scale()));
  const view = accessView(access);
  get('/api/access', (c) => c.json({ ...view(c), parts: optionalParts(parts) } satisfies AccessView));
  get('/api/replica', mayRead, async (c) => c.json(await replica(sinceOf(c))));
  get('/api/rejections', mayRead, (c) => c.json(rejections()));
  if (payload)
    get('/api/rejections/:place/payload', mayRead, async (c) => {
      const place = c.req.param('place') ?? '';
      const read = await payload(place);
      if (read === 'busy') return refuse(c, 503, 'another payload is being read: ask again when it is there');
      return read === undefined ? refuse(c, 404, `${place} is not among the rejections`) : c.json(read);
    });
  if (group) get('/api/group', mayRead, async (c) => known(c, await group()));
  if (audit) get('/api/audit', mayRead, async (c) => known(c, await audit()));
  if (commands) {
    paths.push('/api/commands');
    app.post('/api/commands', gate(access, 'changes'), bounded, async (c) =>
      c.json(await commands(await bodyOf(c)), 202),
    );
    app.all('/api/commands', onlyBy('POST'));
  }
  app.use('/console/*', etag());
  app.get('/console/*', async (c) => {
    const file = await consoleFile(c.req.path.slice('/console/'.length));
    return file === undefined ? c.notFound() : sent(c, file);
  });
  app.notFound((c) => c.json({ error: `there is no ${c.req.path}`, routes: paths }, 404));
  app.onError((thrown, c) => explained(c, thrown, telemetry));
  return app;
}

const HEADERS: Parameters<typeof secureHeaders>[0] = {
  // Of everything but the page, which says for itself what it loads.
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: 'DENY',
  // Served in the clear; whoever puts TLS in front says this there.
  strictTransportSecurity: false,
  overwrite: false,
};

/** What changes with every look is kept by nobody; of files that do not, a copy is asked about before it is used. */
const neverKept: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
};

const bounded = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (c) => refuse(c, 413, `a body of at most ${MAX_BODY_BYTES} bytes is read`),
});

function onlyBy(methods: string): Handler {
  return (c) => {
    c.header('allow', methods);
    return refuse(c, 405, `${c.req.path} answers ${methods} only`);
  };
}

function optionalParts(parts: HttpParts): AccessView['parts'] {
  return (Object.keys(OPTIONAL) as PartName[]).filter((name) => parts[name] !== undefined);
}

/** Each of them once, and none forgotten: the compiler sees to it. */
const OPTIONAL: Record<PartName, true> = {
  payload: true,
  group: true,
  scale: true,
  audit: true,
  commands: true,
};

function sinceOf(c: Context): number {
  const since = c.req.query('since') ?? '0';
  if (/^\d{1,16}$/.test(since)) return Number(since);
  throw new HTTPException(400, { message: 'since is a time in milliseconds since the epoch' });
}

function reported(c: Context, report: HealthReport): Response {
  return c.json(report, report.ok ? 200 : 503);
}

function known(c: Context, value: unknown): Response {
  if (value === undefined) return refuse(c, 503, 'this is not known yet; ask again in a few seconds');
  return c.json(value);
}

function sent(c: Context, { type, body, contentSecurityPolicy }: ConsoleFile): Response {
  c.header('content-type', type);
  c.header('cache-control', 'no-cache');
  if (contentSecurityPolicy !== undefined) c.header('content-security-policy', contentSecurityPolicy);
  return c.body(body);
}

/** A page cannot send this type to another place without asking first, which nobody answers here. */
async function bodyOf(c: Context): Promise<unknown> {
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? ''))
    throw new HTTPException(415, { message: 'a body of content-type application/json is needed' });
  try {
    return await c.req.json();
  } catch {
    throw new HTTPException(400, { message: 'the body is not JSON' });
  }
}

/** A part that fails must not take the process down, nor hide behind an empty page. */
function explained(c: Context, thrown: unknown, telemetry: AppOptions['telemetry']): Response {
  if (thrown instanceof HTTPException) {
    return thrown.res === undefined ? refuse(c, thrown.status as 400, thrown.message) : thrown.getResponse();
  }
  const fault = asTidemarkError(thrown);
  const status = statusOf(fault);
  if (status === 500) telemetry.requestFailed(c.req.path, fault);
  const { code, message, action } = fault;
  return c.json({ error: message, code, action }, status);
}

/** What Kafka or the registry does not give is not there, whether waiting or a person cures it. */
const ELSEWHERE = /^E-(KAFKA|REGISTRY)-/;

function statusOf({ code, disposition }: TidemarkError): 400 | 500 | 503 {
  if (code === 'E-USAGE' || code === 'E-CONFIG') return 400;
  return disposition === 'retry' || ELSEWHERE.test(code) ? 503 : 500;
}

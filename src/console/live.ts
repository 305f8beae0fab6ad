import type { AccessView } from '../http/api/access.ts';
import type { AuditRecordView } from '../http/api/control.ts';
import type { GroupView, ScaleView } from '../http/api/group.ts';
import type { RejectionsView } from '../http/api/rejections.ts';
import type { HistoryView, ReplicaView } from '../http/api/replica.ts';
import { access, get, Refused, setToken } from './client.ts';
import { sentence } from './format.ts';
import { joined } from './joined.ts';

/** Everything the page shows. What is absent has not come yet, or the process has no such part. */
export interface Seen {
  readonly connection: Connection;
  readonly access?: AccessView;
  readonly replica?: ReplicaView;
  readonly history?: HistoryView;
  readonly rejections?: RejectionsView;
  readonly group?: GroupView;
  readonly scale?: ScaleView;
  readonly audit?: readonly AuditRecordView[];
}

type SlowPart = 'rejections' | 'group' | 'scale' | 'audit';

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  /** Nothing that is shown is newer than `sinceMs`. */
  | { readonly kind: 'lost'; readonly sinceMs: number; readonly why: string }
  /** It wants a token; `why` after one that was wrong. */
  | { readonly kind: 'locked'; readonly why?: string }
  /** It gives nothing to anybody: its configuration says so. */
  | { readonly kind: 'refused'; readonly why: string };

const EVERY_MS = 2_000;
/** Looks at what changes slowly, once in so many rounds. */
const SLOW_ROUNDS = 3;

/** Asks the process every two seconds, and tells who listens what it said. */
export class Live {
  #seen: Seen = { connection: { kind: 'connecting' } };
  #listener: (seen: Seen) => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round = 0;
  /** Rounds that were begun before a token came or went have nothing to say any more. */
  #era = 0;
  /** Parts that were asked and have not answered: each is asked by one request at a time. */
  #pending = new Set<string>();

  get seen(): Seen {
    return this.#seen;
  }

  listen(listener: (seen: Seen) => void): void {
    this.#listener = listener;
  }

  start(): void {
    // Nobody looks: neither does the page. What was missed comes with the history.
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#begin();
    });
    this.#begin();
  }

  signIn(token: string): void {
    setToken(token);
    this.#begin();
  }

  signOut(): void {
    setToken(undefined);
    this.#seen = { connection: { kind: 'connecting' } };
    this.#begin();
  }

  /** Asks at once, as after a command. */
  #begin(): void {
    this.#era++;
    this.#pending = new Set();
    this.#round = 0;
    clearTimeout(this.#timer);
    void this.#look(this.#era);
  }

  async #look(era: number): Promise<void> {
    const found = await this.#ask().catch((cause: unknown) => ({ connection: this.#failed(cause) }));
    if (era !== this.#era) return;
    this.#round++;
    this.#tell(found);
    if (document.visibilityState === 'visible') this.#timer = setTimeout(() => this.#look(era), EVERY_MS);
  }

  #tell(found: Partial<Seen>): void {
    const seen = { ...this.#seen, ...found };
    const { connection, access } = seen;
    const isShut = connection.kind === 'locked' || connection.kind === 'refused';
    // What the process refuses to give any more is not shown any more either.
    this.#seen = isShut ? { connection, ...(access && { access }) } : seen;
    this.#listener(this.#seen);
  }

  async #ask(): Promise<Partial<Seen> & { connection: Connection }> {
    const slowly = this.#round % SLOW_ROUNDS === 0;
    const asked = slowly || this.#seen.access === undefined ? await access() : this.#seen.access;
    if (!asked.mayRead) return { access: asked, connection: lock(asked) };
    const last = this.#seen.history?.atMs.at(-1) ?? 0;
    const replica = await get<ReplicaView>(`api/replica?since=${last}`);
    const same = this.#seen.replica?.process.startedMs === replica.process.startedMs;
    // Another process has another history, and all of it is wanted.
    if (!same && last > 0) {
      const { history: _, ...rest } = this.#seen;
      this.#seen = rest;
      this.#round = 0;
      return this.#ask();
    }
    const history = joined(same ? this.#seen.history : undefined, replica.history);
    if (!same) this.#pending = new Set();
    if (slowly || !same) this.#askSlowly(asked);
    return { access: asked, replica, history, connection: { kind: 'connected' } };
  }

  /** Parts that may wait for Kafka are shown as they come: while one waits, the rest of the page goes on. */
  #askSlowly({ parts }: AccessView): void {
    void this.#askPart('rejections', 'api/rejections');
    if (parts.includes('group')) void this.#askPart('group', 'api/group');
    if (parts.includes('scale')) void this.#askPart('scale', 'scale');
    if (parts.includes('audit')) void this.#askPart('audit', 'api/audit');
  }

  async #askPart<Name extends SlowPart>(name: Name, path: string): Promise<void> {
    const pending = this.#pending;
    if (pending.has(name)) return;
    pending.add(name);
    let found: Partial<Seen> = {};
    try {
      found = { [name]: await get<Required<Seen>[Name]>(path) };
    } catch (cause) {
      // What a part does not know yet, or cannot ask now, is no reason to show nothing.
      if (cause instanceof Refused && (cause.status === 401 || cause.status === 403))
        found = { connection: this.#failed(cause) };
    }
    pending.delete(name);
    // Of another process, or for another token.
    if (pending !== this.#pending) return;
    this.#tell(found);
  }

  #failed(cause: unknown): Connection {
    if (cause instanceof Refused && cause.status === 401) {
      const { access: known, ...rest } = this.#seen;
      this.#seen = rest;
      return { kind: 'locked', ...(known?.mayRead && { why: cause.message }) };
    }
    const { connection, replica } = this.#seen;
    const sinceMs = connection.kind === 'lost' ? connection.sinceMs : (replica?.atMs ?? Date.now());
    const why = cause instanceof Refused ? `it answers: ${cause.message}` : 'it does not answer';
    return { kind: 'lost', sinceMs, why };
  }
}

function lock({ reads, readsNeed }: AccessView): Connection {
  if (reads === 'token') return { kind: 'locked' };
  return { kind: 'refused', why: sentence(readsNeed ?? 'reading is refused') };
}

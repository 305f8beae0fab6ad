import { Component, type VNode } from 'preact';
import { hasToken } from './client.ts';
import { clockTime, dateTime, duration } from './format.ts';
import { html } from './html.ts';
import type { Connection, Live, Seen } from './live.ts';
import { audit } from './panels/audit.ts';
import { commands } from './panels/commands.ts';
import { group } from './panels/group.ts';
import { journey } from './panels/journey.ts';
import { model } from './panels/model.ts';
import { partitions } from './panels/partitions.ts';
import { plots } from './panels/plots.ts';
import { processPanel } from './panels/process.ts';
import { rejections } from './panels/rejections.ts';
import { scaling } from './panels/scaling.ts';
import { summary } from './panels/summary.ts';
import { verdict } from './verdict.ts';

interface Props {
  readonly live: Live;
}

/** The page: whose it is, whether it is live, and the panels that the process has something for. */
export class App extends Component<Props, { readonly seen: Seen }> {
  constructor(props: Props) {
    super(props);
    this.state = { seen: props.live.seen };
    props.live.listen((seen) => this.setState({ seen }));
  }

  override render({ live }: Props, { seen }: { readonly seen: Seen }): VNode {
    const { connection, replica } = seen;
    document.title = titleOf(seen);
    return html`<div class="page" data-connection=${connection.kind}>
      <a class="skip" href="#main">To the figures</a>
      ${head(seen, live)}
      <p class="unseen" role="status">${announced(seen)}</p>
      ${connection.kind === 'lost' && lost(connection)}
      <main id="main" tabindex="-1">
        ${connection.kind === 'connecting' && html`<p class="none">Asking the process …</p>`}
        ${connection.kind === 'refused' && html`<p class="fault">${connection.why}</p>`}
        ${connection.kind === 'locked' && signIn(live, connection.why)}
        ${replica !== undefined && panels(seen)}
      </main>
      ${replica !== undefined && foot(seen)}
    </div>`;
  }
}

function panels(seen: Seen): VNode {
  const { access, history, rejections: rejected, group: looked, scale, audit: records } = seen;
  const replica = seen.replica!;
  const held = replica.partitions.map(({ partition }) => partition);
  const all = looked?.partitions.map(({ partition }) => partition) ?? held;
  const mayCommand = access?.mayChange === true && access.parts.includes('commands');
  return html`${summary(replica)}
    ${history && plots(replica, history)} ${journey(replica)}
    <div class="grid">
      <div>${partitions(replica)} ${model(replica)}</div>
      <div>${scale && scaling(scale)} ${mayCommand && commands(all)} ${processPanel(replica)}</div>
    </div>
    ${looked && group(looked, held)}
    ${rejected && rejections(rejected, replica, access?.parts.includes('payload') === true)}
    ${records && audit(records)}`;
}

function head({ replica, access }: Seen, live: Live): VNode {
  return html`<header class="head">
    <p class="brand">Tidemark</p>
    <h1>${replica?.pipeline.name ?? 'Console'}</h1>
    ${
      replica !== undefined &&
      html`<dl class="whose">
        <div><dt>replica</dt><dd>${replica.process.host}:${replica.process.pid}</dd></div>
        <div><dt>up</dt><dd>${duration(Math.max(1, Math.round((replica.atMs - replica.process.startedMs) / 1000)))}</dd></div>
        ${replica.model && html`<div><dt>model</dt><dd>${replica.model.name} ${replica.model.version}</dd></div>`}
        <div><dt>read at</dt><dd>${clockTime(replica.atMs)}</dd></div>
      </dl>`
    }
    ${
      hasToken() &&
      access?.mayRead === true &&
      html`<button type="button" class="small" onClick=${() => live.signOut()}>Sign out</button>`
    }
  </header>`;
}

function lost({ sinceMs, why }: Extract<Connection, { kind: 'lost' }>): VNode {
  return html`<div class="lost" role="alert">
    <p><b>No word from this process since ${dateTime(sinceMs)}: ${why}.</b> What stands below is as it was then. It is asked again every 2 s.</p>
  </div>`;
}

function signIn(live: Live, why: string | undefined): VNode {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const token = new FormData(event.target as HTMLFormElement).get('token');
    live.signIn(String(token ?? '').trim());
  };
  return html`<form class="sign-in" onSubmit=${submit}>
    <h2>Sign in</h2>
    <p>This process tells its figures to those who have a token: the one of <code>http.read_token</code>, or of <code>http.change_token</code> to send commands too. This tab keeps it until it is closed.</p>
    ${(why !== undefined || hasToken()) && html`<p class="fault" role="alert">${why ?? 'That is not the token.'}</p>`}
    <label>Token <input name="token" type="password" required autocomplete="off" spellcheck=${false} /></label>
    <div class="buttons"><button type="submit" class="primary">Sign in</button></div>
  </form>`;
}

function foot({ replica, access }: Seen): VNode {
  return html`<footer class="foot">
    <p>Figures of this replica come from its own metrics, every 2 s; those of the group from Kafka. ${access?.reads === 'open' && html`<a href="metrics">metrics</a>`} <a href="readyz">readyz</a> <a href="healthz">healthz</a></p>
    <p>Tidemark ${replica!.process.version}</p>
  </footer>`;
}

/** Read out when it changes: the state, not every figure. */
function announced({ connection, replica }: Seen): string {
  if (connection.kind === 'lost') return '';
  if (replica === undefined) return '';
  return verdict(replica).word;
}

function titleOf({ connection, replica }: Seen): string {
  const word = connection.kind === 'lost' ? 'no answer' : replica && verdict(replica).word.toLowerCase();
  return ['Tidemark', replica?.pipeline.name, word].filter(Boolean).join(' · ');
}

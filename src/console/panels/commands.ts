import { Component, h, type VNode } from 'preact';
import type { CommandRequest, RequestedView } from '../../http/api/control.ts';
import { post, Refused } from '../client.ts';
import { html } from '../html.ts';
import { panel } from '../parts.ts';

type Name = CommandRequest['command'];

interface Verb {
  readonly name: Name;
  readonly title: string;
  /** What it does to the whole group. */
  readonly what: string;
}

const VERBS: readonly Verb[] = [
  {
    name: 'pause',
    title: 'Pause',
    what: 'Every replica finishes what is in hand and takes nothing new, until Resume.',
  },
  { name: 'resume', title: 'Resume', what: 'Every replica goes on.' },
  {
    name: 'drain',
    title: 'Drain',
    what: 'Every replica finishes what is in hand, leaves the group and ends.',
  },
  { name: 'skip', title: 'Skip', what: 'A partition goes on after so many records; these are not scored.' },
  {
    name: 'seek',
    title: 'Seek',
    what: 'A partition goes on elsewhere. Backwards, events are scored and published again.',
  },
  { name: 'log-level', title: 'Log level', what: 'Every replica logs from this level on.' },
];

type Level = Extract<CommandRequest, { command: 'log-level' }>['level'];
/** All of them, which the type checks. */
const LEVELS = Object.keys({
  debug: true,
  info: true,
  warn: true,
  error: true,
  silent: true,
  default: true,
} satisfies Record<Level, true>);
const BY = 'tidemark-by';

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'asking' | 'sending'; readonly verb: Verb }
  | { readonly kind: 'told'; readonly verb: Verb; readonly ok: boolean; readonly lines: readonly string[] };

/** The only changes there are: each to the whole group, each with who and why. */
class Commands extends Component<{ readonly partitions: readonly number[] }, { readonly is: State }> {
  override state: { readonly is: State } = { is: { kind: 'closed' } };
  #dialog: HTMLDialogElement | null = null;

  override render(): VNode {
    const { is } = this.state;
    return html`<div>
      <div class="buttons">
        ${VERBS.map(
          (verb) =>
            html`<button key=${verb.name} type="button" onClick=${() => this.#open(verb)}>${verb.title} …</button>`,
        )}
      </div>
      <dialog
        aria-labelledby="command-title"
        ref=${(element: HTMLDialogElement | null) => {
          this.#dialog = element;
        }}
        onClose=${() => this.setState({ is: { kind: 'closed' } })}
      >
        ${is.kind !== 'closed' && this.#form(is)}
      </dialog>
    </div>`;
  }

  #open(verb: Verb): void {
    this.setState({ is: { kind: 'asking', verb } }, () => this.#dialog?.showModal());
  }

  #form(is: Exclude<State, { kind: 'closed' }>): VNode {
    const { verb } = is;
    const close = html`<button type="button" onClick=${() => this.#dialog?.close()}>${is.kind === 'told' ? 'Close' : 'Cancel'}</button>`;
    return html`<form onSubmit=${(event: SubmitEvent) => this.#send(event, verb)}>
      <h2 id="command-title">${verb.title}</h2>
      <p>${verb.what} This goes to the whole group and into its audit topic.</p>
      ${
        is.kind === 'told'
          ? html`<div role="status" data-tone=${is.ok ? 'good' : 'bad'}>
              <p><b>${is.ok ? 'Done.' : 'Not done, or not by all.'}</b></p>
              <ul class="answers">${is.lines.map((line) => html`<li key=${line}>${line}</li>`)}</ul>
            </div>`
          : html`${this.#fields(verb)}
              <label>Why <input name="why" required maxlength="1000" autocomplete="off" /></label>
              <label>Your name <input name="by" required maxlength="200" defaultValue=${localStorage.getItem(BY) ?? ''} autocomplete="name" /></label>`
      }
      <div class="buttons">
        ${close}
        ${
          is.kind !== 'told' &&
          html`<button type="submit" class="primary" disabled=${is.kind === 'sending'}>${is.kind === 'sending' ? 'Waiting for replicas …' : verb.title}</button>`
        }
      </div>
    </form>`;
  }

  #fields({ name }: Verb): VNode | undefined {
    const partition = html`<label>Partition
      <select name="partition" required>${this.props.partitions.map((number) => html`<option key=${number} value=${number}>${number}</option>`)}</select>
    </label>`;
    if (name === 'skip')
      return html`${partition}<label>Records to skip <input name="count" type="number" min="1" defaultValue="1" required /></label>`;
    if (name === 'seek')
      return html`${partition}<label>To <input name="to" required pattern="[0-9]+|earliest|latest" placeholder="offset, earliest or latest" /></label>`;
    if (name === 'log-level')
      return html`<label>Level <select name="level">${LEVELS.map((level) => html`<option key=${level}>${level}</option>`)}</select></label>`;
    return undefined;
  }

  async #send(event: SubmitEvent, verb: Verb): Promise<void> {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const request = requestOf(verb.name, (name) => String(fields.get(name) ?? ''));
    localStorage.setItem(BY, request.by);
    const sending: State = { kind: 'sending', verb };
    this.setState({ is: sending });
    // What was opened meanwhile is not about this command; its answer stands in the audit log.
    const tell = (ok: boolean, lines: readonly string[]) => {
      if (this.state.is === sending) this.setState({ is: { kind: 'told', verb, ok, lines } });
    };
    try {
      const { done, answers, members } = await post<RequestedView>('api/commands', request);
      const lines = answers.map(
        ({ replica, applied, result }) =>
          `${replica.host}:${replica.pid} ${applied ? '' : 'refused: '}${result}`,
      );
      const silent = (members ?? 1) - answers.length;
      if (silent > 0) lines.push(`${silent} did not answer in time`);
      tell(done, lines);
    } catch (cause) {
      const line =
        cause instanceof Refused ? cause.message : 'The process did not answer; see “Who changed what”.';
      tell(false, [line]);
    }
  }
}

function requestOf(command: Name, field: (name: string) => string): CommandRequest {
  const who = { by: field('by'), why: field('why') };
  const partition = Number(field('partition'));
  switch (command) {
    case 'skip':
      return { ...who, command, partition, to: { skip: Number(field('count')) } };
    case 'seek': {
      const to = field('to');
      return {
        ...who,
        command,
        partition,
        to: to === 'earliest' || to === 'latest' ? to : { offset: Number(to) },
      };
    }
    case 'log-level':
      return { ...who, command, level: field('level') as 'info' };
    default:
      return { ...who, command };
  }
}

export function commands(partitions: readonly number[]): VNode {
  return panel(
    { id: 'commands', title: 'Commands', note: 'each to the whole group, with who and why' },
    h(Commands, { partitions }),
  );
}

import { Component, h, type VNode } from 'preact';
import uPlot, { type AlignedData, type Options, type Series } from 'uplot';
import { tickTime } from './format.ts';
import { html } from './html.ts';

export interface PlotLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Name of a colour of style.css. */
  readonly colour: string;
  readonly dashed?: boolean;
}

export interface PlotProps {
  readonly title: string;
  /** What is said instead of the picture. */
  readonly summary: string;
  readonly atMs: readonly number[];
  readonly lines: readonly PlotLine[];
  /** Of a value, with its unit. */
  readonly format: (value: number | null) => string;
  /** Samples during which nothing was read, drawn as a band. */
  readonly shaded: readonly (number | null)[];
  readonly logarithmic?: boolean;
  readonly seconds: number;
}

const HEIGHT = 150;
/** What a process that has just begun has to show is not stretched further. */
const LEAST_SECONDS = 120;

/** A line plot over the last quarter of an hour. uPlot draws it; the page's own colours and the reader's width rule it. */
class Plot extends Component<PlotProps> {
  #element: HTMLElement | null = null;
  #plot: uPlot | undefined;
  readonly #resized = new ResizeObserver(() => this.#fit());
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  readonly #redraw = () => this.#draw();

  override componentDidMount(): void {
    if (this.#element !== null) this.#resized.observe(this.#element);
    this.#scheme.addEventListener('change', this.#redraw);
    this.#draw();
  }

  override componentDidUpdate(before: PlotProps): void {
    if (before.lines.length !== this.props.lines.length) this.#draw();
    else this.#plot?.setData(dataOf(this.props));
  }

  override componentWillUnmount(): void {
    this.#resized.disconnect();
    this.#scheme.removeEventListener('change', this.#redraw);
    this.#plot?.destroy();
  }

  override render({ title, summary, lines, format, atMs }: PlotProps): VNode {
    const last = atMs.length - 1;
    return html`<figure class="plot">
      <figcaption>
        <span class="plot-title">${title}</span>
        <ul class="legend">
          ${lines.map(
            ({ label, colour, dashed, values }) => html`<li key=${label}>
              <span class="key ${dashed ? 'dashed' : ''}" data-colour=${colour}></span>${label}
              <b>${format(values[last] ?? null)}</b>
            </li>`,
          )}
        </ul>
      </figcaption>
      <div role="img" aria-label=${summary} class="canvas" ref=${(element: HTMLElement | null) => {
        this.#element = element;
      }}></div>
    </figure>`;
  }

  #fit(): void {
    const width = this.#element?.clientWidth ?? 0;
    if (width > 0) this.#plot?.setSize({ width, height: HEIGHT });
  }

  #draw(): void {
    if (this.#element === null) return;
    this.#plot?.destroy();
    this.#plot = new uPlot(
      optionsOf(this.props, () => this.props, this.#element),
      dataOf(this.props),
      this.#element,
    );
  }
}

function dataOf({ atMs, lines }: PlotProps): AlignedData {
  return [atMs.map((ms) => ms / 1000), ...lines.map(({ values }) => [...values])];
}

function optionsOf(props: PlotProps, now: () => PlotProps, element: HTMLElement): Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const font = `11px ${style.fontFamily}`;
  const axis = {
    stroke: colour('muted'),
    font,
    ticks: { show: false },
    grid: { stroke: colour('line'), width: 1 },
  };
  const series: Series[] = props.lines.map(({ label, colour: name, dashed }) => ({
    label,
    stroke: colour(name),
    width: dashed ? 1 : 1.5,
    points: { show: false },
    ...(dashed && { dash: [4, 4] }),
  }));
  return {
    width: element.clientWidth || 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 28, 0, 0],
    scales: {
      x: { range: (_, min, max) => [max - Math.min(props.seconds, Math.max(LEAST_SECONDS, max - min)), max] },
      y: props.logarithmic
        ? { distr: 3, range: (_, min, max) => logRange(min, max) }
        : { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        space: 70,
        values: ({ scales: { x } }, ticks) =>
          ticks.map((at) => tickTime(at * 1000, (x?.max ?? 0) - (x?.min ?? 0))),
      },
      {
        ...axis,
        size: 58,
        space: 32,
        ...(props.logarithmic && { filter: round, grid: { ...axis.grid, filter: round } }),
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : props.format(tick))),
      },
    ],
    series: [{}, ...series],
    hooks: { drawClear: [(plot) => shade(plot, now(), colour('shade'))] },
  };
}

/** Powers of ten, and what lies between where there are few of them. */
function round(plot: uPlot, splits: readonly number[]): (number | null)[] {
  const { min = 1, max = 1 } = plot.scales.y ?? {};
  const shown = (max ?? 1) / (min ?? 1) > 30 ? [1] : [1, 2, 5];
  return splits.map((split) => (shown.includes(Number(split.toExponential(0)[0])) ? split : null));
}

/** From a whole power of ten to a little above what is there. */
function logRange(min: number | null, max: number | null): [number, number] {
  const low = min !== null && min > 0 ? min : 0.001;
  const high = max !== null && max > low ? max : low * 10;
  return [10 ** Math.floor(Math.log10(low)), high * 1.6];
}

function shade(plot: uPlot, { atMs, shaded }: PlotProps, colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colour;
  for (const [at, isShaded] of shaded.entries()) {
    if (isShaded !== 1) continue;
    const from = plot.valToPos((atMs[at - 1] ?? atMs[at]!) / 1000, 'x', true);
    const to = plot.valToPos(atMs[at]! / 1000, 'x', true);
    const left = Math.max(from, bbox.left);
    if (to > left) ctx.fillRect(left, bbox.top, to - left, bbox.height);
  }
  ctx.restore();
}

export function plot(props: PlotProps): VNode<PlotProps> {
  return h(Plot, props) as VNode<PlotProps>;
}

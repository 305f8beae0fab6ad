import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import { LiveScreen } from '../../src/cli/liveScreen.ts';

/** A terminal that remembers what was written to it. */
class Paper extends EventEmitter {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
  text = '';

  write(text: string): void {
    this.text += text;
  }

  times(code: string): number {
    return this.text.split(code).length - 1;
  }
}

function newScreen() {
  const paper = new Paper();
  const sizes: string[] = [];
  const live = new LiveScreen(paper as unknown as NodeJS.WriteStream, ({ columns, rows }) => {
    sizes.push(`${columns}x${rows}`);
    return ['one', 'two'];
  });
  return { paper, sizes, live };
}

describe('a live screen', () => {
  test('takes the terminal once and gives it back once, listening to it no longer', () => {
    const { paper, live } = newScreen();
    const listening = process.listenerCount('exit');
    live.close();
    assert.equal(paper.text, '', 'it has nothing to give back yet');
    live.draw();
    live.draw();
    assert.equal(paper.listenerCount('resize'), 1);
    live.close();
    live.close();
    for (const code of ['\x1b[?1049h', '\x1b[?1049l', '\x1b[?25l', '\x1b[?25h'])
      assert.equal(paper.times(code), 1);
    assert.ok(
      paper.text.endsWith('\x1b[?25h\x1b[?1049l'),
      'the cursor is shown and the screen given back last',
    );
    assert.equal(paper.listenerCount('resize'), 0);
    assert.equal(process.listenerCount('exit'), listening);
  });

  test('is drawn again in the size that the terminal has got', () => {
    const { paper, sizes, live } = newScreen();
    live.draw();
    Object.assign(paper, { columns: 120, rows: 40 });
    paper.emit('resize');
    Object.assign(paper, { columns: 0, rows: 0 });
    paper.emit('resize');
    assert.deepEqual(sizes, ['80x24', '120x40', '80x24']);
    live.close();
  });

  test('is drawn in one write, each line erased only behind what is new', () => {
    const { paper, live } = newScreen();
    live.draw();
    paper.text = '';
    live.draw();
    assert.equal(paper.text, '\x1b[1;1Hone\x1b[K\r\ntwo\x1b[K\x1b[J');
    live.close();
  });
});

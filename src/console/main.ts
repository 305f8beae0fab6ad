import { h, render } from 'preact';
import { App } from './app.ts';
import { Live } from './live.ts';

const live = new Live();
render(h(App, { live }), document.body);
live.start();

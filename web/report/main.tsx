import { render } from 'preact';
import { App } from './App.tsx';
import { load } from './load.ts';

const root = document.getElementById('app');
const packed = document.getElementById('data')?.textContent ?? '';
load(packed).then(
  (data) => {
    if (root) render(<App data={data} />, root);
  },
  (error: unknown) => {
    if (root) root.textContent = `This browser cannot read the report: ${error}`;
  },
);

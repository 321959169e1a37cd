import { nothing } from '../nodes/part.ts';
import type { App } from './app.ts';

/** Any server supplied by the user that speaks first when a connection opens: only its banner is queried. */
export const banner: App = {
  transports: ['tcp'],
  word: 'banner',
  part: () => nothing,
  bounds: [],
  asked: { ask: ['-l'], probe: 'banner' },
  tells: false,
  cutShort: true,
  held: () => 0,
};

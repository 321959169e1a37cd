import { nothing } from '../nodes/part.ts';
import type { App } from './app.ts';

/** Any server of the user's own that speaks first when a connection opens: its banner is all that is asked for. */
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

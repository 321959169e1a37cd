import type { LabFacts, LiveState, LogEntry, TestView, Told } from '../../src/live/data.ts';
import type { FramePage, Timeline } from '../../src/page/data.ts';

/** What the page knows of the lab that it watches. */
export interface KnownLab {
  readonly name: string;
  readonly facts?: LabFacts;
  readonly state?: LiveState;
  readonly strip?: Timeline;
  readonly log: readonly LogEntry[];
  readonly test?: TestView;
  readonly packets?: { readonly frames: readonly FramePage[]; readonly runs: boolean };
  readonly output?: { readonly node: string; readonly text: string };
}

/** What the page knows. */
export interface Known {
  readonly labs?: Extract<Told, { type: 'labs' }>;
  readonly lab?: KnownLab;
  /** The result of what was asked last. */
  readonly said?: { readonly ok: boolean; readonly text: string };
}

/** Number of entries of the log that are kept. */
const MOST_LOG = 300;
/** Number of the newest packets that are shown. */
const MOST_PACKETS = 100;

/** Returns what the page knows after it is told something, or has chosen a lab. */
export function learn(known: Known, told: Told | { readonly type: 'choose'; readonly lab: string }): Known {
  switch (told.type) {
    case 'choose':
      return { ...known, lab: { name: told.lab, log: [] } };
    case 'labs':
      return { ...known, labs: told };
    case 'done':
      return told.text.startsWith('watching ') ? known : { ...known, said: { ok: told.ok, text: told.text } };
    default:
      return known.lab?.name === told.lab ? { ...known, lab: learnOf(known.lab, told) } : known;
  }
}

function learnOf(lab: KnownLab, told: Exclude<Told, { type: 'labs' | 'done' }>): KnownLab {
  switch (told.type) {
    case 'facts':
      return { ...lab, facts: told.facts };
    case 'state':
      return { ...lab, state: told.state };
    case 'strip':
      return { ...lab, strip: told.timeline };
    case 'log':
      return { ...lab, log: [...lab.log, ...told.entries].slice(-MOST_LOG) };
    case 'test':
      return { ...lab, test: told.test };
    case 'packets': {
      const before = lab.packets?.runs || !told.runs ? (lab.packets?.frames ?? []) : []; // a new capture begins anew
      const frames = [...before, ...told.frames].slice(-MOST_PACKETS);
      return { ...lab, packets: { frames, runs: told.runs } };
    }
    case 'output':
      return { ...lab, output: told };
  }
}

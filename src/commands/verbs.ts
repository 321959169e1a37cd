import { bisect } from './bisect.verb.ts';
import { capture } from './capture.verb.ts';
import { compareVerb } from './compare.verb.ts';
import { completions } from './completion.verb.ts';
import { doctor } from './doctor.verb.ts';
import { down } from './down.verb.ts';
import { exec, shell } from './exec.verb.ts';
import { explain } from './explain.verb.ts';
import { fault, heal } from './fault.verb.ts';
import { graph } from './graph.verb.ts';
import * as images from './images.verb.ts';
import { importVerb } from './import.verb.ts';
import { init } from './init.verb.ts';
import { inspect } from './inspect.verb.ts';
import { logs } from './logs.verb.ts';
import { ls } from './ls.verb.ts';
import { measure } from './measure.verb.ts';
import * as report from './report.verb.ts';
import { schema } from './schema.verb.ts';
import { test } from './test.verb.ts';
import { ui, watch } from './ui.verb.ts';
import { up } from './up.verb.ts';
import { validate } from './validate.verb.ts';
import type { Verb } from './verb.ts';

/** Verbs under one word, such as `lab images build`. */
export interface Group {
  readonly name: string;
  readonly summary: string;
  readonly verbs: readonly Verb[];
}

/** Every verb, in the order of the help. */
export const verbs: readonly (Verb | Group)[] = [
  up,
  down,
  ls,
  inspect,
  exec,
  shell,
  capture,
  watch,
  ui,
  graph,
  explain,
  logs,
  test,
  fault,
  heal,
  measure,
  compareVerb,
  bisect,
  { name: 'report', summary: 'reports of `lab test`', verbs: [report.merge, report.open] },
  validate,
  init,
  importVerb,
  schema,
  doctor,
  { name: 'completion', summary: 'completion for bash, zsh and fish', verbs: completions },
  {
    name: 'images',
    summary: 'the images that nodes run',
    verbs: [images.list, images.build, images.push, images.pull, images.save, images.load, images.prune],
  },
];

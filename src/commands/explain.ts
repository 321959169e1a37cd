import { EXIT, Failure } from '../failure.ts';
import { snatWalk, type Walk, walksOf } from '../graph/walk.ts';
import { walkText } from '../graph/walk-text.ts';
import type { Lab } from '../model/lab.ts';
import { print, printJson } from '../output/print.ts';
import { findDefined } from './graph.ts';
import type { LabOptions } from './session.ts';

/** `lab explain`: tells how packets travel in a lab, from its file, or in a running lab if no file has that name. */
export async function explain(
  name: string,
  wanted: string | undefined,
  options: LabOptions & { readonly json?: boolean },
): Promise<number> {
  const walks = walksIn(await findDefined(name, options), wanted);
  if (options.json) printJson(walks);
  else print(walks.map(walkText).join('\n'));
  return EXIT.ok;
}

function walksIn(lab: Lab, wanted: string | undefined): readonly Walk[] {
  const named = <T extends { readonly name: string }>(all: readonly T[]) =>
    all.filter((one) => wanted === undefined || one.name === wanted);
  const services = named(lab.services);
  const rules = named(lab.snat);
  if (services.length + rules.length === 0)
    throw new Failure('nothing-to-explain', {
      lab: lab.name,
      wanted,
      names: [...lab.services, ...lab.snat].map((one) => one.name),
    });
  return [...services.flatMap((s) => walksOf(lab, s)), ...rules.map((rule) => snatWalk(lab, rule))];
}

import { dockerEngine } from '../engine/docker.ts';
import { Failure } from '../failure.ts';
import { graphOf } from '../graph/graph.ts';
import { graphMermaid } from '../graph/mermaid.ts';
import { graphSvg } from '../graph/svg.ts';
import { graphText } from '../graph/text.ts';
import type { Lab } from '../model/lab.ts';
import { print } from '../output/print.ts';
import { observe } from '../plan/observe.ts';
import { type LabOptions, loadLab } from './session.ts';

/** `lab graph`: draws a lab from its file, or the running lab if no file has that name. */
export async function graph(name: string, options: LabOptions & { svg?: boolean; mermaid?: boolean }): Promise<number> {
  if (options.svg && options.mermaid) throw new Failure('two-pictures', {});
  const picture = graphOf(await findDefined(name, options));
  print(options.svg ? graphSvg(picture) : options.mermaid ? graphMermaid(picture) : graphText(picture));
  return 0;
}

/** Returns the lab of a file, or the running lab if no file has that name. */
export async function findDefined(name: string, options: LabOptions): Promise<Lab> {
  try {
    return loadLab(name, options);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const engine = dockerEngine();
    const running = await observe(engine, name)
      .catch(() => undefined)
      .finally(() => engine.close());
    if (running?.lab) return running.lab;
    throw error;
  }
}

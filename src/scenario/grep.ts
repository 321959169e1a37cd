import type { Lab } from '../model/lab.ts';
import { promisesOf } from './run.ts';
import { storyOf } from './steps.ts';

/**
 * Returns the lab with the steps that a pattern matches only; undefined if it matches none. The pattern is matched against
 * `LAB STEP`, and for each check of the step against `LAB STEP ID SUBJECT`, as test runners match a test's full title.
 */
export function grepLab(lab: Lab, pattern: RegExp): Lab | undefined {
  const scenario = lab.scenario.filter((step) => {
    const title = `${lab.name} ${storyOf(step).title(lab, step)}`;
    const checks = promisesOf(lab, step).map(({ id, subject }) => `${title} ${id} ${subject}`);
    return [title, ...checks].some((text) => pattern.test(text));
  });
  return scenario.length > 0 ? { ...lab, scenario } : undefined;
}

/** What of a report is shown: a lab, and in it a step or a check; nothing of them is the overview. */
export interface Route {
  readonly lab?: string;
  /** The number of a step, from 1. */
  readonly step?: number;
  /** The key of a check in that step. */
  readonly check?: string;
}

/** Returns the fragment that leads to a place, without its #. */
export function fragmentOf({ lab, step, check }: Route): string {
  return [lab, step?.toString(), check]
    .filter((part) => part !== undefined)
    .map(encodeURIComponent)
    .join('/');
}

/** Returns the place that a fragment names: the overview, if it is none of ours. */
export function routeOf(fragment: string): Route {
  const [lab, step, check] = fragment.replace(/^#/, '').split('/').map(decoded);
  if (lab === undefined || lab === '') return {};
  const number = Number(step);
  return {
    lab,
    ...(Number.isInteger(number) && number > 0 ? { step: number } : {}),
    ...(check === undefined ? {} : { check }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

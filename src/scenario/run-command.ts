import type { Step } from '../lab/model.ts';
import type { StepContext } from './context.ts';

/** Milliseconds between two runs of a command that may yet come true. */
const AGAIN_MS = 100;
/** Characters of output that a result shows. */
const SHOWN = 200;

/** Runs a command in a node: its exit code and output must be as the step says. */
export async function runCommandStep(context: StepContext, step: Step & { kind: 'run' }): Promise<void> {
  const expected = [
    `exit code ${step.exits}`,
    ...(step.prints === undefined ? [] : [`output that matches /${step.prints}/`]),
  ];
  context.wait(step.title);
  await context.check([
    {
      id: 'run',
      subject: step.node,
      promise: `\`${step.command}\` on ${step.node} has ${expected.join(' and ')}`,
      within: step.within,
      every: AGAIN_MS,
      look: async (bed) => {
        const { code, stdout, stderr } = await bed.tryRun(step.node, ['sh', '-c', step.command]);
        const output = `${stdout}${stderr}`;
        const file = bed.evidence.write(`${context.slug}.txt`, output);
        const words = output.trim().replaceAll('\n', ' / ');
        return {
          ok: code === step.exits && (step.prints === undefined || new RegExp(step.prints, 'm').test(output)),
          seen: `exit code ${code}${words === '' ? '' : `: ${words.length > SHOWN ? `${words.slice(0, SHOWN)}...` : words}`}`,
          evidence: [file],
        };
      },
    },
  ]);
}

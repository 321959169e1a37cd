import { ASKING } from './asking.ts';

// A shell that completes a line waits: it must not load what only the commands need.
if (process.argv[2] === ASKING)
  process.exitCode = await (await import('./commands/complete.ts')).complete(process.argv.slice(3));
else {
  const { main } = await import('./cli.ts');
  const { endWithReader, showWarnings } = await import('./output/print.ts');
  endWithReader();
  showWarnings();
  process.exitCode = await main(process.argv.slice(2));
}

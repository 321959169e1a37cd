import { main } from './cli.ts';
import { endWithReader, showWarnings } from './output/print.ts';

endWithReader();
showWarnings();
process.exitCode = await main(process.argv.slice(2));

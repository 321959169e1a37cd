import { main } from './cli.ts';
import { endWithReader } from './output/print.ts';

endWithReader();
process.exitCode = await main(process.argv.slice(2));

// npm start: from a fresh clone to a running cluster that answers.
import { must, say, setup } from './setup.mjs';

await setup();
must(process.execPath, ['bin/lab', 'up', 'fnat-keepalived']);
for (let i = 0; i < 2; i++) {
  say('lab exec fnat-keepalived client -- curl -s http://192.168.100.254');
  must(
    process.execPath,
    ['bin/lab', 'exec', 'fnat-keepalived', 'client', '--', 'curl', '-s', 'http://192.168.100.254'],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
}
say(
  'it stays up: bin/lab inspect fnat-keepalived looks into it, bin/lab test fnat-keepalived proves it, bin/lab down fnat-keepalived removes it',
);

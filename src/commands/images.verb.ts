import { common, given, one, text, verb } from './verb.ts';

const registry = () =>
  text('--registry <registry>', 'registry that has the images: HOST[:PORT][/FOLDER] (default: $LAB_REGISTRY)');

const PROOF = [
  'A pulled image is the one that was pushed: its digest is recorded in images/pushed.json ($LAB_PUSHED names another file).',
  'A tag that holds another image is refused, and an image without a record is not taken.',
];

export const list = verb({
  name: 'list',
  summary: 'list the images, and whether the engine has them',
  arguments: {},
  flags: { json: common.json() },
  examples: ['lab images list'],
  run: async (_, options) => (await import('./images.ts')).list(options),
});

export const build = verb({
  name: 'build',
  summary: 'pull or build the images that are missing',
  arguments: {},
  flags: {
    all: given('--all', 'also those that few labs need: a node with a stock kernel, what DPVS needs beside DPVS'),
    verbose: given('--verbose', 'show every line of the build'),
    registry: registry(),
  },
  examples: [
    'lab images build',
    'lab images build --all --verbose',
    'lab images build --registry registry.example.org/lab',
  ],
  run: async (_, options) => (await import('./images.ts')).build(options),
});

export const push = verb({
  name: 'push',
  summary: 'push the images to a registry, and record their digests',
  arguments: {},
  flags: { registry: registry() },
  notes: ['Images with your own DPVS or keepalived are not pushed; those that the engine lacks are told.'],
  examples: ['lab images push --registry 127.0.0.1:5000'],
  run: async (_, options) => (await import('./images.ts')).push(options),
});

export const pull = verb({
  name: 'pull',
  summary: 'pull the images that are missing from a registry',
  arguments: {},
  flags: { registry: registry() },
  notes: PROOF,
  examples: ['lab images pull --registry 127.0.0.1:5000'],
  run: async (_, options) => (await import('./images.ts')).pull(options),
});

export const save = verb({
  name: 'save',
  summary: 'write the images to a file',
  arguments: { file: one('<file>', 'a new file, as `docker save` writes it', 'file') },
  flags: {},
  notes: ['Images with your own DPVS or keepalived are not saved.'],
  examples: ['lab images save images.tar'],
  run: async ({ file }) => (await import('./images.ts')).save(file),
});

export const load = verb({
  name: 'load',
  summary: 'load the images of a file that `lab images save` wrote',
  arguments: { file: one('<file>', 'the file', 'file') },
  flags: {},
  notes: [
    'A file with other images, or of another version, is refused. Whoever wrote the file is trusted with what runs in nodes.',
  ],
  examples: ['lab images load images.tar'],
  run: async ({ file }) => (await import('./images.ts')).load(file),
});

export const prune = verb({
  name: 'prune',
  summary: 'remove images of other versions that no container uses',
  arguments: {},
  flags: {},
  notes: [
    'Only images that `lab` made are removed: their name and label say so; and what builds left that were ended by force.',
    'A build that goes on in another process would lose its stages.',
  ],
  examples: ['lab images prune'],
  run: async () => (await import('./images.ts')).prune(),
});

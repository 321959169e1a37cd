import { takenName } from '../kernels/device-names.ts';
import type { LabNode, UserFile } from '../model/node.ts';
import type { DriverName } from '../model/words.ts';
import { didYouMean } from '../nearest.ts';
import { type Address, contains, networkOf, notAHost, overlaps, parseSubnet, type Subnet } from '../net/cidr.ts';
import { parseDuration } from '../net/duration.ts';
import type { Result } from '../result.ts';
import type { Mistakes } from './diagnostic.ts';
import { Macs } from './mac.ts';
import type { RawLab } from './schema.ts';
import type { Path, Source } from './source.ts';
import type { Taken } from './take.ts';

/**
 * Reads a file that the lab file names; fails with what is wrong with it, as the end of a sentence that begins with its
 * name.
 */
export type ReadBeside = (path: string) => Result<Taken, string>;

/** Returns the milliseconds of a time that the schema has accepted. */
export function ms(text: string): number {
  return parseDuration(text) ?? 0;
}

/**
 * The state that all parts of resolving share: the file, its segments, the owner of each address, and the mistakes
 * found so far.
 */
export class Resolver {
  readonly segments = new Map<string, readonly Subnet[]>();
  /** The MTU of each segment for which the file gives one. */
  readonly mtus = new Map<string, number>();
  readonly macs = new Macs();
  readonly raw: RawLab;
  /** The driver from the command line, for directors for which the lab file names none. */
  readonly driver: DriverName | undefined;
  readonly #taken = new Map<string, { path: Path; what: string }>();
  readonly #source: Source;
  readonly #readBeside: ReadBeside;
  readonly #dropped: ReadonlySet<string>;
  readonly #incomplete: ReadonlySet<string>;
  readonly #mistakes: Mistakes;

  /**
   * `dropped` names entries that are invalid themselves and left out: `nodes.rs1`; `nodes.` if any node may be missing.
   * Mistakes are added to `mistakes`.
   */
  constructor(
    raw: RawLab,
    source: Source,
    readBeside: ReadBeside,
    { dropped, mistakes }: { readonly dropped: ReadonlySet<string>; readonly mistakes: Mistakes },
    driver?: DriverName,
  ) {
    this.driver = driver;
    this.raw = raw;
    this.#source = source;
    this.#readBeside = readBeside;
    this.#dropped = dropped;
    this.#incomplete = new Set([...dropped].map((entry) => entry.slice(0, entry.indexOf('.'))));
    this.#mistakes = mistakes;
  }

  /** Returns whether an entry of a section was left out: this may be why something is missing. */
  incomplete(section: string): boolean {
    return this.#incomplete.has(section);
  }

  /** Returns whether that entry was left out. */
  isDropped(entry: string): boolean {
    return this.#dropped.has(entry) || this.#dropped.has(entry.slice(0, entry.indexOf('.') + 1));
  }

  wrong(
    path: Path,
    message: string,
    where: 'key' | 'value' = 'value',
    related?: { message: string; path: Path },
  ): void {
    this.#mistakes.add(() => this.#source.at(path, message, where, related));
  }

  /** Records the owner of an address, and reports a second one. */
  claim(address: Address, path: Path, what: string): void {
    const other = this.#taken.get(address.text);
    if (other) this.#tellTaken(address, path, other);
    else this.#taken.set(address.text, { path, what });
  }

  /** Reports an address that already has an owner, without recording it. */
  mustBeFree(address: Address, path: Path): void {
    const other = this.#taken.get(address.text);
    if (other) this.#tellTaken(address, path, other);
  }

  #tellTaken(address: Address, path: Path, other: { path: Path; what: string }): void {
    this.wrong(path, `${address.text} is taken already`, 'value', { message: `it is ${other.what}`, path: other.path });
  }

  readSegments(): void {
    for (const [name, value] of Object.entries(this.raw.segments)) {
      const path = ['segments', name];
      const owner = takenName(name);
      if (owner !== undefined) this.wrong(path, `a segment cannot be called "${name}": ${owner}`, 'key');
      const written = typeof value === 'object' && 'subnet' in value ? value : undefined;
      const where = written ? [...path, 'subnet'] : path;
      const list = written ? written.subnet : (value as Exclude<typeof value, { subnet: unknown }>);
      if (written?.mtu !== undefined) this.mtus.set(name, written.mtu);
      const texts = list === 'none' ? [] : [list].flat();
      const subnets: Subnet[] = [];
      for (const [i, text] of texts.entries()) {
        const network = this.#network(text, Array.isArray(list) ? [...where, i] : where);
        if (!network) continue;
        for (const [other, taken] of [...this.segments, [name, subnets] as const]) {
          if (taken.some((t) => overlaps(network, t)))
            this.wrong(
              where,
              `${text} overlaps ${other === name ? 'another subnet' : 'the subnet'} of segment "${other}"`,
              'value',
              {
                message: `"${other}" is declared here`,
                path: ['segments', other],
              },
            );
        }
        subnets.push(network);
      }
      this.segments.set(name, subnets);
    }
  }

  #network(text: string, path: Path): Subnet | undefined {
    const subnet = parseSubnet(text);
    if (!subnet) return undefined;
    const network = networkOf(subnet);
    const kind = notAHost(network.address);
    if (kind !== undefined) this.wrong(path, `${text} cannot be a subnet: ${network.address.text} is ${kind}`);
    if (network.address.text !== subnet.address.text) {
      this.wrong(path, `${text} has host bits set; the subnet is ${network.address.text}/${network.prefix}`);
    }
    return network;
  }

  /** Returns the network of a subnet of the file; reports host bits, which a network does not have. */
  network(text: string, subnet: Subnet, path: Path, at: 'key' | 'value' = 'value'): Subnet {
    const network = networkOf(subnet);
    if (network.address.text !== subnet.address.text)
      this.wrong(path, `${text} has host bits set; the network is ${network.address.text}/${network.prefix}`, at);
    return network;
  }

  /** Returns the subnet of the lab that contains an address, and the segment to which it belongs. */
  subnetOf(address: Address): { segment: string; subnet: Subnet } | undefined {
    for (const [segment, subnets] of this.segments) {
      const subnet = subnets.find((s) => contains(s, address));
      if (subnet) return { segment, subnet };
    }
    return undefined;
  }

  /** Reads a file that the lab file names; reports a mistake at `path` if it cannot be read. */
  file(name: string, path: Path): UserFile | undefined {
    const taken = this.#readBeside(name);
    if (!taken.ok) {
      this.wrong(path, `the file "${name}" ${taken.error}`);
      return undefined;
    }
    const { bytes, mode } = taken.value;
    return { path: name, base64: bytes.toString('base64'), mode };
  }

  /** Returns the node with a name in the file, if it exists and is of the right kind; reports a mistake otherwise. */
  lookup(
    nodes: readonly LabNode[],
    name: string,
    kind: LabNode['kind'] | undefined,
    path: Path,
    where: 'key' | 'value' = 'value',
  ): LabNode | undefined {
    if (this.isDropped(`nodes.${name}`)) return undefined;
    const node = nodes.find((n) => n.name === name);
    if (!node) {
      const fitting = nodes.filter((n) => kind === undefined || n.kind === kind).map((n) => n.name);
      this.wrong(path, `there is no node "${name}"${didYouMean(name, fitting)}`, where);
    } else if (kind !== undefined && node.kind !== kind) {
      this.wrong(path, `"${name}" is a ${node.kind}; expected a ${kind}`, where, {
        message: `"${name}" is declared here`,
        path: ['nodes', name],
      });
      return undefined;
    }
    return node;
  }
}

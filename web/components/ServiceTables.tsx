import type { ComponentChildren } from 'preact';
import { Scroll } from './Scroll.tsx';

/** A service table of a director: of each server its address, how it is reached, its weight, and what else is known. */
export interface DirectorTable {
  readonly node: string;
  readonly services: readonly {
    readonly name: string;
    readonly scheduler: string;
    readonly servers: readonly (readonly string[])[];
  }[];
}

export interface ServiceTablesProps {
  readonly tables: readonly DirectorTable[];
  /** The heads of columns after the weight; numbers. */
  readonly more?: readonly string[];
  /** Returns what stands in place of a server's weight, such as a field that changes it. */
  readonly weigh?: (table: string, service: string, server: string, weight: string) => ComponentChildren;
}

/** The service tables of directors: as a report last read them, or live. */
export function ServiceTables({ tables, more = [], weigh }: ServiceTablesProps) {
  return (
    <div class="tables">
      {tables.map((table) => (
        <Scroll label={`Service table of ${table.node}`}>
          <table>
            <caption>{table.node}</caption>
            <thead>
              <tr>
                <th scope="col">Service, server</th>
                <th scope="col">Forward</th>
                {['Weight', ...more].map((head) => (
                  <th scope="col" class="number">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            {table.services.map((service) => (
              <tbody>
                <tr>
                  <th scope="rowgroup" colSpan={3 + more.length}>
                    {service.name} <span class="muted">{service.scheduler}</span>
                  </th>
                </tr>
                {service.servers.map(([server = '', forward, weight = '', ...numbers]) => (
                  <tr key={server}>
                    <td>→ {server}</td>
                    <td>{forward}</td>
                    <td class="number">{weigh?.(table.node, service.name, server, weight) ?? weight}</td>
                    {numbers.map((n) => (
                      <td class="number">{n}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            ))}
          </table>
        </Scroll>
      ))}
    </div>
  );
}

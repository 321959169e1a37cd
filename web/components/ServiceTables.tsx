import type { TablePage } from '../../src/page/data.ts';
import { Scroll } from './Scroll.tsx';

/** The service tables of directors, as the report last read them. */
export function ServiceTables({ tables }: { tables: readonly TablePage[] }) {
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
                <th scope="col" class="number">
                  Weight
                </th>
              </tr>
            </thead>
            {table.services.map((service) => (
              <tbody>
                <tr>
                  <th scope="rowgroup" colSpan={3}>
                    {service.name} <span class="muted">{service.scheduler}</span>
                  </th>
                </tr>
                {service.servers.map(([server, forward, weight]) => (
                  <tr>
                    <td>→ {server}</td>
                    <td>{forward}</td>
                    <td class="number">{weight}</td>
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

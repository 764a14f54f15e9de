import type { ChosenDriver, PartSpec } from './app-config.js';

/** What runs, and on which drivers. */
export interface Running {
  parts: readonly string[];
  known: Readonly<Record<string, PartSpec>>;
  drivers: readonly ChosenDriver[];
  /** The variables that name a server for a port; none where only the embedded driver exists. */
  addressesOf: (port: ChosenDriver['port']) => readonly string[];
}

/**
 * A sentence for each part whose port is embedded, and so ends with this process, while the part at the port's other
 * end does not run here: what the one hands in, nobody would ever take out.
 */
export function missingCounterparts({ parts, known, drivers, addressesOf }: Running): string[] {
  return parts.flatMap((name) =>
    (known[name]?.counterparts ?? []).flatMap(({ port, part }) => {
      const chosen = drivers.find((driver) => driver.port === port);
      const isEmbedded = chosen !== undefined && chosen.driver.address.length === 0;
      if (!isEmbedded || parts.includes(part)) return [];
      const addresses = addressesOf(port);
      const server = addresses.length > 0 ? `, or name a server for both with ${addresses.join(' or ')}` : '';
      return [
        `MODULES has ${name} without ${part}, but the embedded ${port.name} reaches no other process: add ${part}${server}`,
      ];
    }),
  );
}

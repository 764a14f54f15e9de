import type { Port, PortClass } from './port.js';

/** The ports that this process has open, in the order in which they were opened. */
export class OpenPorts {
  constructor(private readonly open: ReadonlyMap<PortClass, Port>) {}

  /** The ports of the given classes, or all. */
  list(classes: Iterable<PortClass> = this.open.keys()): { name: string; port: Port }[] {
    return [...new Set(classes)].flatMap((portClass) => {
      const port = this.open.get(portClass);
      return port ? [{ name: portClass.name, port }] : [];
    });
  }

  get<P extends Port>(portClass: PortClass<P>): P | undefined {
    return this.open.get(portClass) as P | undefined;
  }

  /**
   * Closes all, the last opened first, within `deadlineMs` in all.
   * Answers a sentence for each that had to leave something undone.
   */
  async close(deadlineMs: number): Promise<string[]> {
    const end = performance.now() + deadlineMs;
    const left: string[] = [];
    for (const { name, port } of this.list().reverse()) {
      const undone = await port
        .close(Math.max(0, end - performance.now()))
        .catch((error: unknown) => String(error));
      if (undone) left.push(`${name} (${port.driver}): ${undone}`);
    }
    return left;
  }
}

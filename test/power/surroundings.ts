import { BadServer, closeAll, status } from '../support/bad-server.js';
import { emittersFile } from '../support/emit-target.js';

export const EMITTER = 'alpha';

/** Servers that the service speaks to: a target that is down, a receiver of alerts, a target that refuses messages. */
export class Surroundings {
  /** Alerts that the receiver has got: monitor and `webhook-id`. */
  onAlert: (monitor: string, id: string) => void = () => undefined;

  private constructor(
    readonly web: BadServer,
    readonly receiver: BadServer,
    readonly refusing: BadServer,
    readonly emitters: string,
  ) {}

  static async start(): Promise<Surroundings> {
    const servers = [await BadServer.listen(), await BadServer.listen(), await BadServer.listen()] as const;
    const [web, receiver, refusing] = servers;
    web.behave = status(500);
    refusing.behave = status(400);
    const emitters = await emittersFile([
      {
        name: EMITTER,
        every: 'never',
        target: { http: { url: refusing.url().href } },
        payload: { template: {} },
      },
    ]);
    const around = new Surroundings(web, receiver, refusing, emitters);
    receiver.behave = (response, { headers, body }) => {
      const { data } = JSON.parse(body) as { data: { monitor: { id: string } } };
      around.onAlert(data.monitor.id, String(headers['webhook-id']));
      response.end();
    };
    return around;
  }

  close(): Promise<unknown> {
    return closeAll([this.web, this.receiver, this.refusing]);
  }
}

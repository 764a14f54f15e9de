import { request } from 'node:http';

export type Schema = Record<string, unknown> & {
  example?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
};

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  example?: string;
  schema: Schema;
}

export interface Operation {
  parameters?: Parameter[];
  requestBody?: {
    content: Record<string, { schema: Schema; examples?: Record<string, { value: unknown }> }>;
  };
  responses: Record<string, unknown>;
}

/** An operation with the request that is varied: one value changes, all else stays good. */
export interface Base {
  operation: Operation;
  method: string;
  path: string;
  parameters: Parameter[];
  type: string | undefined;
  body: unknown;
}

export interface Answered {
  status: number;
  code: string | undefined;
  detail: unknown;
}

/** Every operation of the specification. */
export function bases({ paths }: { paths: Record<string, Record<string, Operation>> }): Base[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      operation,
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters ?? [],
      ...goodBody(operation),
    })),
  );
}

/** The first example of the first type. */
function goodBody({ requestBody }: Operation): Pick<Base, 'type' | 'body'> {
  const [entry] = Object.entries(requestBody?.content ?? {});
  if (entry === undefined) return { type: undefined, body: undefined };
  const [type, { examples }] = entry;
  const [example] = Object.values(examples ?? {});
  return { type, body: type === 'application/x-ndjson' ? '' : (example?.value ?? {}) };
}

/** The target and headers of the base request, with one parameter of its own. */
function fill(base: Base, changed: Parameter | undefined, value: string) {
  let path = base.path;
  const query: string[] = [];
  const headers: Record<string, string> = base.type === undefined ? {} : { 'content-type': base.type };
  for (const parameter of base.parameters) {
    const text = parameter === changed ? value : (parameter.example ?? parameter.schema.example ?? 'any');
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(text));
    else if (parameter !== changed) continue;
    else if (parameter.in === 'query') query.push(`${parameter.name}=${encodeURIComponent(text)}`);
    else headers[parameter.name] = text;
  }
  return { path: query.length > 0 ? `${path}?${query.join('&')}` : path, headers };
}

/** Sends the base request with one parameter or body of its own. */
export function send(
  url: string,
  base: Base,
  changed: { parameter?: Parameter; value?: string; body?: unknown },
): Promise<Answered> {
  const { path, headers } = fill(base, changed.parameter, changed.value ?? '');
  const { hostname, port } = new URL(url);
  const text = textOf('body' in changed ? changed.body : base.body);
  if (text !== undefined) headers['content-length'] = String(Buffer.byteLength(text));
  return new Promise((resolve, reject) => {
    const ask = request({ hostname, port, method: base.method, path, headers }, (answer) => {
      const type = answer.headers['content-type'] ?? '';
      if (type.startsWith('text/event-stream')) answer.destroy();
      let all = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (all += chunk));
      answer.on('close', () => {
        const { code, detail } = (
          type.startsWith('application/json') && all ? JSON.parse(all) : {}
        ) as Partial<Answered>;
        resolve({ status: answer.statusCode as number, code, detail });
      });
    });
    ask.on('error', reject).end(text);
  });
}

function textOf(body: unknown): string | undefined {
  return typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
}

/** Source: gRPC Health Checking Protocol, grpc/health/v1/health.proto. */
export const HEALTH_CHECK = '/grpc.health.v1.Health/Check';

const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** `HealthCheckRequest { string service = 1; }` */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return name;
  const length = name.length < 128 ? [name.length] : [(name.length & 127) | 128, name.length >> 7];
  return Buffer.concat([Buffer.from([0x0a, ...length]), name]);
}

/** `HealthCheckResponse { ServingStatus status = 1; }`; a status of 0 is left out. */
export function servingStatus(answer: Buffer): string {
  if (answer.length === 0) return 'UNKNOWN';
  return (answer[0] === 0x08 && STATUSES[answer[1] ?? -1]) || 'something else';
}

/** Servers by their variables' prefix, and the variables that give their address. */
const TECHNOLOGIES = [
  {
    prefix: 'KAFKA_',
    address: ['KAFKA_BOOTSTRAP_SERVERS'],
    example: 'KAFKA_BOOTSTRAP_SERVERS=localhost:9092',
  },
  { prefix: 'RABBITMQ_', address: ['RABBITMQ_URL'], example: 'RABBITMQ_URL=amqp://localhost' },
  { prefix: 'REDIS_', address: ['REDIS_HOST', 'REDIS_URL'], example: 'REDIS_HOST=localhost' },
  { prefix: 'DB_', address: ['DB_TYPE'], example: 'DB_TYPE=postgres' },
] as const;

/** Variables of a server whose address is not given: they would have no effect. One sentence each. */
export function withoutAddress(env: Record<string, string>): string[] {
  return TECHNOLOGIES.flatMap(({ prefix, address, example }) => {
    if (address.some((name) => env[name] !== undefined)) return [];
    return Object.keys(env)
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => `${name} has no effect without ${address.join(' or ')}: add a line such as ${example}`);
  });
}

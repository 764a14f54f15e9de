/** Real servers for tests: see test/servers for how they are started. */
export { AsynqGoError, startAsynqGo, type AsynqGo, type AsynqGoEvent } from './asynq-go.js';
export { describeWithServers } from './describe-with-servers.js';
export type { ServerName } from './findings.js';
export { startKafkaBehindToxiproxy, type ProxiedKafka } from './kafka-behind-toxiproxy.js';
export {
  startKafkaCluster,
  startPrivateKafka,
  type KafkaCluster,
  type KafkaOptions,
  type KafkaSecurity,
} from './kafka-cluster.js';
export { awaitInSync, leaderOf } from './kafka-metadata.js';
export { startedMariadb, startPrivateMariadb } from './mariadb.js';
export { startedPostgres, startPrivatePostgres } from './postgres.js';
export type { PrivateSql, SharedSql, SqlRow, SqlServerOptions } from './sql-server.js';
export { startedMongo, startPrivateMongo, type PrivateMongo, type SharedMongo } from './mongo.js';
export { startRabbitmqBehindToxiproxy, type ProxiedRabbitmq } from './rabbitmq-behind-toxiproxy.js';
export { startPrivateRabbitmq, type RabbitmqOptions, type RabbitmqServer } from './rabbitmq.js';
export { startRedisSentinels, type RedisSentinels, type RedisSentinelsOptions } from './redis-sentinel.js';
export { startPrivateRedis, type RedisOptions, type RedisServer } from './redis.js';
export { SERVER_START_MS } from './run-script.js';
export { startedKafka, type SharedKafka } from './shared-kafka.js';
export { startedRabbitmq, type SharedRabbitmq } from './shared-rabbitmq.js';
export { startedRedis, type SharedRedis } from './shared-redis.js';
export { startToxiproxy, type Proxy, type Toxic, type Toxiproxy } from './toxiproxy.js';

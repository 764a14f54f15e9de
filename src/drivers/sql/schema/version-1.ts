import type { Flavour } from '../flavour.js';
import type { Table } from './statements.js';

/** The contract's table, where nobody has made it. */
export function monitorsTable({ types }: Flavour): Table {
  const seconds = (fallback: number): [string, string] => [types.int, `not null default ${fallback}`];
  return {
    name: 'monitors',
    columns: [
      ['id', types.id, 'not null'],
      ['type', 'varchar(20)', 'not null'],
      ['name', 'varchar(150)', 'not null'],
      ['interval', types.int, 'not null'],
      ['timeout', ...seconds(16)],
      ['max_retries', ...seconds(0)],
      ['retry_interval', ...seconds(60)],
      ['resend_interval', ...seconds(0)],
      ['active', types.boolean, 'not null default true'],
      ['status', ...seconds(2)],
      ['config', types.json],
      ['proxy_id', types.id],
      ['push_token', 'varchar(255)'],
      ['created_at', types.time, 'not null'],
      ['updated_at', types.time, 'not null'],
    ],
    primaryKey: ['id'],
    indexes: { monitors_updated_at: ['updated_at'], monitors_push_token: ['push_token'] },
  };
}

/** Ours, as version 1 made them: what changes later is a migration of its own. */
export function tablesOfVersion1(flavour: Flavour): Table[] {
  return [...ofMonitors(flavour), ...ofStates(flavour), ...ofResults(flavour), ...ofAlerts(flavour)];
}

const COUNT = 'not null default 0';

/** What is written of monitors and by their pushes. */
function ofMonitors({ types }: Flavour): Table[] {
  const { monitorId, word, text, real, bigint, int } = types;
  return [
    {
      name: 'carillon_monitors',
      columns: [
        ['monitor_id', monitorId, 'not null'],
        ['cron', text],
        ['timezone', text],
        ['priority', word, 'not null'],
        ['tags', text, 'not null'],
        ['maintenance_until', bigint],
      ],
      primaryKey: ['monitor_id'],
    },
    {
      name: 'carillon_pushes',
      columns: [
        ['monitor_id', monitorId, 'not null'],
        ['at', bigint, 'not null'],
        ['found', word, 'not null'],
        ['message', text, 'not null'],
        ['latency_ms', real],
      ],
      primaryKey: ['monitor_id'],
    },
    {
      name: 'carillon_migrations',
      columns: [
        ['version', int, 'not null'],
        ['applied_at', bigint, 'not null'],
      ],
      primaryKey: ['version'],
    },
  ];
}

/** What is known of monitors. */
function ofStates({ types }: Flavour): Table[] {
  const { monitorId, word, text, int, bigint, real } = types;
  const count: [string, string] = [int, COUNT];
  return [
    {
      name: 'carillon_states',
      columns: [
        ['monitor_id', monitorId, 'not null'],
        ['status', int],
        ['since', bigint],
        ['failures', ...count],
        ['last_status', word],
        ['last_at', bigint],
        ['last_planned_at', bigint],
        ['latency_ms', real],
        ['message', text],
        ['alerted_at', bigint],
        ['silent_since', bigint],
      ],
      primaryKey: ['monitor_id'],
    },
  ];
}

/** What checks found. */
function ofResults({ types }: Flavour): Table[] {
  const { monitorId, key, word, text, int, bigint, real } = types;
  const count: [string, string] = [int, COUNT];
  return [
    {
      name: 'carillon_results',
      columns: [
        ['id', key, 'not null'],
        ['monitor_id', monitorId, 'not null'],
        ['planned_at', bigint, 'not null'],
        ['at', bigint, 'not null'],
        ['found', word, 'not null'],
        ['status', word, 'not null'],
        ['latency_ms', real],
        ['message', text, 'not null'],
      ],
      primaryKey: ['id'],
      indexes: {
        carillon_results_monitor: ['monitor_id', 'planned_at', 'id'],
        carillon_results_planned: ['planned_at'],
      },
    },
    {
      name: 'carillon_rollups',
      columns: [
        ['monitor_id', monitorId, 'not null'],
        ['hour', int, 'not null'],
        ['up', ...count],
        ['down', ...count],
        ['pending', ...count],
        ['maintenance', ...count],
        ['unknown', ...count],
        ['latency_sum', real, 'not null default 0'],
        ['latency_count', ...count],
      ],
      primaryKey: ['monitor_id', 'hour'],
      indexes: { carillon_rollups_hour: ['hour'] },
    },
  ];
}

/** What is to be told. */
function ofAlerts({ types }: Flavour): Table[] {
  const { monitorId, uuid, word, text, int, bigint, real } = types;
  const count: [string, string] = [int, COUNT];
  return [
    {
      name: 'carillon_alerts',
      columns: [
        ['id', uuid, 'not null'],
        ['monitor_id', monitorId, 'not null'],
        ['kind', word, 'not null'],
        ['from_status', word],
        ['to_status', word],
        ['at', bigint, 'not null'],
        ['latency_ms', real],
        ['message', text, 'not null'],
        ['attempts', ...count],
        ['next_at', bigint, 'not null'],
        ['settled_at', bigint],
      ],
      primaryKey: ['id'],
      indexes: {
        carillon_alerts_monitor: ['monitor_id'],
        carillon_alerts_due: ['settled_at', 'at', 'id'],
      },
    },
  ];
}

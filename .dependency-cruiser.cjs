/** The arrows of docs/decisions/0001: each rule says why. @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment:
        'With decorators an import cycle is a ReferenceError at start, and always a sign of one part knowing too much.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'parts-know-ports-not-drivers',
      comment: 'A part that named a driver could not run on another one.',
      severity: 'error',
      from: { path: '^src/(modules|gateway|http)' },
      to: { path: '^src/drivers' },
    },
    {
      name: 'drivers-apart',
      comment: 'A process loads only the technology that it runs.',
      severity: 'error',
      from: { path: '^src/drivers/([^/]+)/' },
      to: { path: '^src/drivers/([^/]+)/', pathNot: '^src/drivers/$1/' },
    },
    {
      name: 'drivers-know-no-parts',
      comment: 'A driver keeps a port’s promises, whoever asks.',
      severity: 'error',
      from: { path: '^src/drivers' },
      to: { path: '^src/(modules|gateway|http|app\\.module)' },
    },
    {
      name: 'ports-stand-alone',
      comment: 'A port is a promise; it may know the errors that it names, and nothing else.',
      severity: 'error',
      from: { path: '^src/ports' },
      to: { path: '^src', pathNot: '^src/(ports|core/errors\\.ts)' },
    },
    {
      name: 'core-stands-alone',
      comment: 'core is what everything may use, so it uses nothing of ours.',
      severity: 'error',
      from: { path: '^src/core', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src', pathNot: '^src/core' },
    },
    {
      name: 'asynq-stands-alone',
      comment: 'A protocol library: it knows Redis, and nothing of who uses it.',
      severity: 'error',
      from: { path: '^src/asynq' },
      to: { path: '^src', pathNot: '^src/(asynq|core)/' },
    },
    {
      name: 'asynq-behind-its-driver',
      comment: 'Parts ask the port TaskQueue, which other technologies serve too.',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/(asynq|drivers/redis)/' },
      to: { path: '^src/asynq' },
    },
    {
      name: 'parts-apart',
      comment: 'One folder is one toggle: what two parts share lies in gateway, http or core.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/' },
      to: { path: '^src/modules/([^/]+)/', pathNot: '^src/modules/($1|leader)/' },
    },
    {
      name: 'only-the-scheduler-knows-the-leader',
      comment: 'parts-apart allows the one arrow scheduler → leader.',
      severity: 'error',
      from: { path: '^src/modules/', pathNot: '^src/modules/(scheduler|leader)/' },
      to: { path: '^src/modules/leader/' },
    },
    ...['kafkajs:kafka', 'amqplib:rabbitmq', '@photostructure/sqlite:embedded'].map((pair) => {
      const [name, folder] = pair.split(':');
      return {
        name: `${name}-behind-its-fence`,
        comment: `Only drivers/${folder} knows ${name}, so that replacing it touches one folder.`,
        severity: 'error',
        from: {
          path: '^src',
          pathNot: [`^src/drivers/${folder}/`, '^src/drivers/(sql/|sqlite-file)', '^src/checks/'],
        },
        to: { path: `node_modules/${name}` },
      };
    }),
    {
      name: 'ioredis-behind-its-fence',
      comment: 'Only drivers/redis and the protocol library under it know ioredis.',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/(drivers/redis|asynq|checks)/' },
      to: { path: 'node_modules/ioredis' },
    },
    ...['kysely:sql', 'pg:(sql|checks)', 'mysql2:(sql|checks)', 'mongodb:(mongodb|checks)'].map((pair) => {
      const [name, folder] = pair.split(':');
      return {
        name: `${name}-behind-its-fence`,
        comment: `Only the ${name} driver, and the check that asks such a server, know it.`,
        severity: 'error',
        from: { path: '^src', pathNot: `^src/(drivers/)?${folder}/` },
        to: { path: `node_modules/${name}/` },
      };
    }),
    {
      name: 'checks-apart',
      comment:
        'A check type is one file; what several need lies beside them in a folder. They know no part and no driver.',
      severity: 'error',
      from: { path: '^src/checks' },
      to: { path: '^src/(modules|gateway|http|drivers|monitors|app\\.module)' },
    },
    {
      name: 'undici-behind-its-fence',
      comment: 'Requests to others go through core/http-sender, with its bounds.',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/core/http-' },
      to: { path: 'node_modules/undici' },
    },
    {
      name: 'croner-behind-its-fence',
      comment:
        'It parses lines and searches days; ticks are counted in core/cron-grid, and its timers are never used.',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/core/cron-line\\.ts$' },
      to: { path: 'node_modules/croner' },
    },
    {
      name: 'not-to-dev-dependencies',
      comment: 'The image has production dependencies only.',
      severity: 'error',
      from: { path: '^src', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      comment: 'An import that does not resolve fails at start.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};

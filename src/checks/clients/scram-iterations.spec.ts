import { iterationsMistake } from './scram-iterations.js';

it.each(['r=abc,s=c2FsdA==,i=4096', 'i=100000', 'v=proof', 'e=other-error', ''])('takes %s', (message) =>
  expect(iterationsMistake(message)).toBeNull(),
);

it.each(['r=abc,s=c2FsdA==,i=100001', 'r=a,s=b,i=2147483647,x=1', 'i= 9000000', 'i=+9000000', 'i=1e9'])(
  'refuses %s',
  (message) => expect(iterationsMistake(message)).toContain('100000'),
);

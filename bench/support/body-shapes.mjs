// Bodies that are as dear as the limits allow: each holds the event loop for as long as it can.
const MIB = 1024 * 1024;
/** A little less than BODY_LIMIT, so that a record's other fields have room. */
const LARGE = 16 * MIB - 1024;
/** As many members as a record may have values, less those around them. */
const MEMBERS = 99_000;

const times = (count, of) => Array.from({ length: count }, (_, i) => of(i));
const objectOf = (count, member) => `{${times(count, member).join(',')}}`;
const arrayOf = (count, element) => `[${times(count, element).join(',')}]`;
const fill = (text, bytes = LARGE) => text.repeat(Math.floor(bytes / Buffer.byteLength(text)));

/** JSON values of one record or event. */
export const VALUES = {
  'a text': () => `"${fill('x')}"`,
  'a text of escaped quotes': () => `"${fill('\\"')}"`,
  'a text of escaped characters': () => `"${fill('\\u00e9')}"`,
  'a text outside ASCII': () => `"${fill('é€')}"`,
  'a text of emoji and escapes': () => `"${fill('😀\\n')}"`,
  'one number': () => fill('7'),
  'white space': () => `${fill(' ')}1`,
  '99,000 short keys': () => objectOf(MEMBERS, (i) => `"k${i}":1`),
  '99,000 long keys': () => objectOf(MEMBERS, (i) => `"${'k'.repeat(150)}${i}":1`),
  '99,000 keys with escapes': () => objectOf(MEMBERS, (i) => `"${'\\n'.repeat(70)}${i}":1`),
  '99,000 numeric keys': () => objectOf(MEMBERS, (i) => `"${(i * 40_009) % 4_000_000_000}":1`),
  'one key': () => `{"${fill('k')}":1}`,
  '33,000 objects of different keys': () => arrayOf(33_000, (i) => `{"k${i}":1}`),
  '49,000 empty objects': () => arrayOf(49_000, () => '{}'),
  '99,000 long numbers': () => arrayOf(MEMBERS, (i) => `0.${'123456789'.repeat(17)}${i}`),
  '99,000 texts of escapes': () => arrayOf(MEMBERS, (i) => `"${'\\n'.repeat(75)}${i}"`),
  'arrays 49,000 deep': () => '['.repeat(49_000) + ']'.repeat(49_000),
  '99,999 values, no JSON at the end': () => `[${'1,'.repeat(99_998)}]`,
};

const record = (message) => `{"topic":"bodies","message":${message}}`;

/** Records that are dear in other fields than their message. */
const RECORDS = {
  '90,000 headers': () =>
    `{"topic":"bodies","message":1,"headers":${objectOf(90_000, (i) => `"h${i}":"v"`)}}`,
  '99,000 unknown fields': () =>
    `{"topic":"bodies","message":1,${objectOf(MEMBERS, (i) => `"k${i}":1`).slice(1)}`,
  'a long key': () => `{"topic":"bodies","message":1,"key":"${fill('\\u0041')}"}`,
  'a long header': () => `{"topic":"bodies","message":1,"headers":{"h":"${fill('\\u0041')}"}}`,
  'a long topic': () => `{"topic":"${fill('\\u0041')}","message":1}`,
  'message 40,000 times': () => `{"topic":"bodies",${objectOf(40_000, () => '"message":{"a":1}').slice(1)}`,
};

/** Lists of records or monitors: `join` makes a body of them. */
const LISTS = {
  '10,000 records': () => times(10_000, (i) => record(`{"n":${i}}`)),
  '10,000 records of 1.5 KB': () => times(10_000, (i) => record(`{"n":${i},"pad":"${'x'.repeat(1500)}"}`)),
  '10,000 empty objects': () => times(10_000, () => '{}'),
  '10,000 numbers': () => times(10_000, () => '1'),
  '10,000 records that are wrong in all fields': () =>
    times(10_000, () => '{"topic":7,"key":7,"partition":-1,"headers":7,"timestamp":[]}'),
  '8 records of 2 MB': () => times(8, () => record(`"${fill('\\"', 2 * MIB - 100)}"`)),
  '100 records of 900 keys': () => times(100, () => record(objectOf(900, (i) => `"k${i}":1`))),
};
/** More than a batch takes; lines of a stream are answered one by one. */
const LONG_LISTS = {
  '400,000 empty objects': () => times(400_000, () => '{}'),
  '400,000 lines that are no JSON': () => times(400_000, () => '{"topic"'),
};

const TOO_LONG = { '5,000,000 empty arrays': () => times(5_000_000, () => '[]') };

const monitor = (more = '', i = 0) =>
  `{"name":"m${i}","type":"http","interval":60,"active":false,"config":{"url":"http://127.0.0.1:9/${i}"${more}}}`;
const MONITORS = {
  '2,000 monitors': () => times(2000, (i) => monitor('', i)),
  '200 monitors of 60 KB': () => times(200, (i) => monitor(`,"body":"${'x'.repeat(60_000)}"`, i)),
  '200 monitors of 900 unknown fields': () =>
    times(200, (i) => monitor('', i).replace('}}', `},${objectOf(900, (n) => `"k${n}":1`).slice(1)}`)),
  '200 monitors of 900 unknown options': () =>
    times(200, (i) => monitor(`,${objectOf(900, (n) => `"k${n}":1`).slice(1, -1)}`, i)),
  '100,000 empty objects': () => times(100_000, () => '{}'),
  '7 monitors of 2 MB': () => times(7, (i) => monitor(`,"body":"${fill('\\"', 2 * MIB)}"`, i)),
};

const MANAGED = {
  '1,000 unknown keys': () => objectOf(1000, (i) => `"k${i}":1`),
  '1,000 long unknown keys': () => objectOf(1000, (i) => `"${'k'.repeat(240)}${i}":1`),
  '9,900 values': () => `{"config":[${'1,'.repeat(9800)}1]}`,
  '200 levels': () => `${'{"a":'.repeat(199)}1${'}'.repeat(199)}`,
  'a config as text': () =>
    monitor().replace(/"config":.*\}$/, `"config":${JSON.stringify(objectOf(20_000, (i) => `"k${i}":1`))}}`),
};

const array = (items) => `[${items.join(',')}]`;
const lines = (items) => items.join('\n');
const shaped = (shapes, path, wrap = (text) => text) =>
  Object.entries(shapes).map(([name, make]) => ({ path, name, body: () => wrap(make()) }));

/** `{path, name, body}`: where to send what. */
export const BODIES = [
  ...shaped(VALUES, '/produce', record),
  ...shaped(RECORDS, '/produce'),
  ...shaped(VALUES, '/events/expense.body'),
  ...shaped(VALUES, '/produce/batch', (value) => array([record(value)])),
  ...shaped(RECORDS, '/produce/batch', (text) => array([text])),
  ...shaped({ ...LISTS, ...LONG_LISTS, ...TOO_LONG }, '/produce/batch', array),
  ...shaped(LISTS, '/produce/batch?wait=false', array),
  ...shaped(VALUES, '/produce/stream', record),
  ...shaped(RECORDS, '/produce/stream'),
  ...shaped({ ...LISTS, ...LONG_LISTS }, '/produce/stream', lines),
  ...shaped(MANAGED, '/monitors'),
  ...shaped(MONITORS, '/monitors/import', array),
  ...shaped(MONITORS, '/monitors/import ', lines),
];

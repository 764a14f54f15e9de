/** As pg has it. Servers ask for 4,096 to 15,000; 100,000 take some hundredths of a second. */
const MOST = 100_000;

/** Of a SCRAM message of a server (RFC 5802, 7) that asks for work that is an attack; null: it does not. */
export function iterationsMistake(message: string): string | null {
  const asked = /(?:^|,)i=\s*\+?(\d[\d.e+]*)/i.exec(message)?.[1];
  if (asked === undefined || (/^\d{1,6}$/.test(asked) && Number(asked) <= MOST)) return null;
  return `The server asks for more than ${MOST} iterations of SCRAM: that is no login.`;
}

const ENCODED_SECRET = /^whsec_(?=.{4,})([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Whether a secret of Standard Webhooks can be used: after `whsec_` base64, else any text. */
export function isSigningSecret(value: string): boolean {
  return value.trim() !== '' && (!value.startsWith('whsec_') || ENCODED_SECRET.test(value));
}

import { maskText, SECRET_MARKER as M, unmaskText } from './secret-text.js';

describe('a URL is shown without', () => {
  it.each([
    // Tokens as users.
    ['https://ghp_abc@github.com/x', `https://${M}@github.com/x`],
    ['https://abc:x-oauth-basic@h/', `https://${M}:${M}@h/`],
    ['https://abc:@h/', `https://${M}:@h/`],
    ['http://a@b:c@h/', `http://${M}@h/`],
    ['https://AKIAIOSFODNN7EX4MPL3:p@h/', `https://${M}:${M}@h/`],
    // Tokens in paths.
    ['https://api.telegram.org/bot123456789:AAF-x1_yZ/getMe', `https://api.telegram.org/bot${M}/getMe`],
    ['GET /bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/getMe', `GET /bot${M}/getMe`],
    [
      'https://hooks.slack.com/services/T0AB1CD2E/B0FG3HI4J/abcDEFghiJKL',
      `https://hooks.slack.com/services/${M}/${M}/${M}`,
    ],
    ['https://discord.com/api/webhooks/123456789012/aBcDeFgH', `https://discord.com/api/webhooks/${M}/${M}`],
    ['https://h/push/k3yOfMine?status=up', `https://h/push/${M}?status=up`],
    ['https://hc-ping.com/5e1f2f6a-5b7e-4f0e-9c3a-1d2e3f4a5b6c', `https://hc-ping.com/${M}`],
    ['(https://h/hooks/a1b2c3d4e5f6), twice', `(https://h/hooks/${M}), twice`],
    // Parameters.
    ['https://h/?sig=a%2Fb&sv=1', `https://h/?sig=${M}&sv=1`],
    ['https://h/f?code=abc==&x=1', `https://h/f?code=${M}&x=1`],
    [
      'https://h/?X-Amz-Signature=a&X-Amz-Credential=b',
      `https://h/?X-Amz-Signature=${M}&X-Amz-Credential=${M}`,
    ],
    ['https://h/?%74oken=abc', `https://h/?%74oken=${M}`],
    ['https://h/cb#access_token=abc&state=1', `https://h/cb#access_token=${M}&state=1`],
    ['https://h/?apikey=a&jwt=b&pwd=c', `https://h/?apikey=${M}&jwt=${M}&pwd=${M}`],
    ['Endpoint=x;AccountKey=abc;y=z', `Endpoint=x;AccountKey=${M};y=z`],
  ])('its secrets: %s', (text, masked) => {
    expect(maskText(text)).toBe(masked);
    expect(unmaskText(masked, text)).toBe(text);
  });

  it.each([
    'https://example.org/api/v1/orders/2024-01-31/items',
    'https://shop.example.org/my-service-health-check-v2-2024/ready',
    'https://h/services/frontend/health?status=200&barcode=1&design=2',
    'amqp://guest@host:5672/vhost',
    'https://h:8443/a@b',
    'http://[::1]:8080/push/',
  ])('anything else being hidden: %s', (text) => expect(maskText(text)).toBe(text));

  it.each(['https://', 'http://a@', 'a://b/', '/bot1234567', 'x://h/push/a1', '#token=', 'a1B'])(
    'taking long: %s, a million times',
    (part) => expect(maskText(part.repeat(1_000_000)).length).toBeGreaterThan(0),
  );
});

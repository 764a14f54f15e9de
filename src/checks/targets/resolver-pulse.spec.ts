import { ResolverPulse } from './resolver-pulse.js';

describe('ResolverPulse', () => {
  it('knows nothing from failures alone', () => {
    const pulse = new ResolverPulse();
    expect(pulse.state(0)).toBe('unknown');
    pulse.note('a', false, 0);
    expect(pulse.state(0)).toBe('unknown');
    pulse.noteRoot(false, 1);
    expect(pulse.state(1)).toBe('dead');
    pulse.noteRoot(true, 2);
    expect(pulse.state(2)).toBe('alive');
  });

  it('takes the resolver for dead when more than a few names fail, until they are answered again', () => {
    const pulse = new ResolverPulse();
    for (let i = 0; i < 9; i += 1) pulse.note(`well${i}`, true, 0);
    for (let i = 0; i < 3; i += 1) pulse.note(`ill${i}`, false, 1);
    expect(pulse.state(1)).toBe('alive');
    pulse.note('well0', false, 2);
    expect(pulse.state(2)).toBe('dead');
    pulse.note('well0', true, 3);
    expect(pulse.state(3)).toBe('alive');
  });

  it('takes it for dead when the root is silent, whoever was answered before', () => {
    const pulse = new ResolverPulse();
    for (let i = 0; i < 90; i += 1) pulse.note(`well${i}`, true, 0);
    pulse.noteRoot(false, 1);
    expect(pulse.state(1)).toBe('dead');
    pulse.note('well0', true, 2);
    expect(pulse.state(2)).toBe('alive');
  });

  it('forgets after a minute', () => {
    const pulse = new ResolverPulse();
    pulse.note('a', true, 40_000);
    expect(pulse.state(75_000)).toBe('alive');
    expect(pulse.state(140_000)).toBe('unknown');
  });
});

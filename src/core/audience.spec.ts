import { describe, expect, it } from '@jest/globals';
import { Audience } from './audience.js';

type Told = (word: string) => void;

function audience() {
  const errors: unknown[] = [];
  return { errors, listeners: new Audience<Told>((error) => errors.push(error)) };
}

describe('Audience', () => {
  it('tells each in the order in which they joined, the same one twice where it joined twice', () => {
    const { listeners } = audience();
    const heard: string[] = [];
    const twice: Told = (word) => void heard.push(`twice ${word}`);
    listeners.join(twice);
    listeners.join((word) => void heard.push(`once ${word}`));
    const leave = listeners.join(twice);
    listeners.tell((say) => say('a'));
    leave();
    leave();
    listeners.tell((say) => say('b'));
    expect(heard).toEqual(['twice a', 'once a', 'twice a', 'twice b', 'once b']);
  });

  it('tells the others what one throws at', () => {
    const { listeners, errors } = audience();
    const heard: string[] = [];
    listeners.join(() => {
      throw new Error('broken');
    });
    listeners.join((word) => void heard.push(word));
    listeners.tell((say) => say('a'));
    expect(heard).toEqual(['a']);
    expect(errors).toEqual([new Error('broken')]);
  });

  it('greets who joins, alone and later, unless it has left', async () => {
    const { listeners, errors } = audience();
    const heard: string[] = [];
    listeners.join((word) => void heard.push(`first ${word}`));
    listeners.join(
      (word) => void heard.push(`second ${word}`),
      (say) => say('hello'),
    );
    const leave = listeners.join(
      () => void heard.push('left'),
      (say) => say('hello'),
    );
    listeners.join(
      () => undefined,
      () => {
        throw new Error('broken');
      },
    );
    leave();
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual(['second hello']);
    expect(errors).toEqual([new Error('broken')]);
  });

  it('does not tell who left while others were told, nor who joined', () => {
    const { listeners } = audience();
    const heard: string[] = [];
    const leave: (() => void)[] = [];
    listeners.join(() => {
      leave.forEach((each) => each());
      listeners.join(() => void heard.push('late'));
    });
    leave.push(listeners.join(() => void heard.push('left')));
    listeners.tell((say) => say('a'));
    expect(heard).toEqual([]);
    listeners.clear();
    expect(listeners.size).toBe(0);
  });
});

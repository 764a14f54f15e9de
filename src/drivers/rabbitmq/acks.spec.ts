import { Acks } from './acks.js';

/** What is sent: `+5` is everything up to 5. */
function acks() {
  const sent: string[] = [];
  const tasks: (() => void)[] = [];
  const send = (tag: number, multiple: boolean) => void sent.push(`${multiple ? '+' : ''}${tag}`);
  const turn = () => tasks.splice(0).forEach((task) => task());
  const group = new Acks(send, (task) => tasks.push(task));
  for (let tag = 1; tag <= 6; tag += 1) group.delivered(tag);
  return { group, sent, turn };
}

describe('Acks', () => {
  it('takes all of one turn together where none before them is open', () => {
    const { group, sent, turn } = acks();
    for (const tag of [3, 1, 2]) group.acknowledge(tag);
    expect(sent).toEqual([]);
    turn();
    expect(sent).toEqual(['+3']);
  });

  it('never covers one that is open', () => {
    const { group, sent, turn } = acks();
    for (const tag of [5, 1, 4]) group.acknowledge(tag);
    turn();
    expect(sent).toEqual(['+1', '5', '4']);
    for (const tag of [3, 2]) group.acknowledge(tag);
    turn();
    expect(sent.slice(3)).toEqual(['+3']);
    group.acknowledge(6);
    turn();
    expect(sent.slice(4)).toEqual(['+6']);
  });

  it('names as the last of a group only one that was not acknowledged before', () => {
    const { group, sent, turn } = acks();
    group.acknowledge(3);
    turn();
    for (const tag of [1, 2]) group.acknowledge(tag);
    turn();
    expect(sent).toEqual(['3', '+2']);
  });

  it('steps over what was settled otherwise', () => {
    const { group, sent, turn } = acks();
    group.forget(1);
    group.acknowledge(2);
    turn();
    expect(sent).toEqual(['+2']);
  });

  it('sends what is due at once when asked, and once', () => {
    const { group, sent, turn } = acks();
    group.acknowledge(1);
    group.flush();
    turn();
    expect(sent).toEqual(['+1']);
  });

  it('keeps what comes after a hold for one frame', () => {
    const { group, sent, turn } = acks();
    group.acknowledge(4);
    group.hold();
    expect(sent).toEqual(['4']);
    for (const tag of [3, 1, 2]) {
      group.acknowledge(tag);
      turn();
    }
    expect(sent).toEqual(['4']);
    group.flush();
    expect(sent).toEqual(['4', '+3']);
  });
});

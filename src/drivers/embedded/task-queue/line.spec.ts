import { Line, type Linked } from './line.js';

interface Item extends Linked<Item> {
  name: string;
}
const item = (name: string): Item => ({ name, before: null, after: null });
const names = (line: Line<Item>) => [...line].map(({ name }) => name).join('');

describe('a line', () => {
  it('keeps its order while some leave, and lets one in at its head', () => {
    const line = new Line<Item>();
    const [a, b, c, d] = [...'abcd'].map(item) as [Item, Item, Item, Item];
    [a, b, c].forEach((each) => line.add(each));
    line.remove(b);
    expect(names(line)).toBe('ac');
    line.addFirst(d);
    expect(names(line)).toBe('dac');
    line.remove(c);
    line.add(b);
    expect(names(line)).toBe('dab');
    line.remove(d);
    expect([line.first?.name, line.size]).toEqual(['a', 2]);
    line.remove(a);
    line.remove(b);
    expect([line.first, line.size, names(line)]).toEqual([null, 0, '']);
    line.addFirst(c);
    line.add(a);
    expect(names(line)).toBe('ca');
  });
});

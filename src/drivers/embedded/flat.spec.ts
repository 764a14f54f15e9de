import { FlatReader, FlatWriter } from './flat.js';

describe('Flat', () => {
  it('gives back what was written, empty and null apart', () => {
    const writer = new FlatWriter();
    writer
      .number(-0.5)
      .part('größer 📦')
      .part(null)
      .part('')
      .part(Buffer.from([0, 255, 195, 40]));
    writer.number(Number.MAX_SAFE_INTEGER).part(new Uint8Array(0));
    expect(writer.size).toBe(Buffer.byteLength('größer 📦') + 4 + 7 * 8);
    const flat = writer.pack();
    const reader = new FlatReader(
      structuredClone(flat, { transfer: [flat.numbers.buffer, flat.bytes.buffer] }),
    );
    expect(reader.number()).toBe(-0.5);
    expect(reader.text()).toBe('größer 📦');
    expect(reader.part()).toBeNull();
    expect(reader.text()).toBe('');
    expect(reader.part()).toEqual(Buffer.from([0, 255, 195, 40]));
    expect(reader.isOver).toBe(false);
    expect(reader.number()).toBe(Number.MAX_SAFE_INTEGER);
    expect(reader.part()).toEqual(Buffer.alloc(0));
    expect(reader.isOver).toBe(true);
  });

  it('of nothing is over at once', () => {
    expect(new FlatReader(new FlatWriter().pack()).isOver).toBe(true);
  });
});

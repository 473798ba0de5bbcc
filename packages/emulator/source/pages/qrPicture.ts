import { Html } from './html.ts';

/** A picture that looks like a QR code and says nothing: the emulator has no phone to read one. */
export const QR_PICTURE: Html = draw(25);

function draw(size: number): Html {
  const cells: string[] = [];
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      if (isDark(x, y, size)) cells.push(`M${x} ${y}h1v1h-1z`);
    }
  }
  return new Html(
    `<svg viewBox="-1 -1 ${size + 2} ${size + 2}" aria-hidden="true" fill="#1a2233"><path d="${cells.join('')}"/></svg>`,
  );
}

function isDark(x: number, y: number, size: number): boolean {
  for (const [left, top] of [
    [0, 0],
    [size - 7, 0],
    [0, size - 7],
  ] as const) {
    const ring = Math.max(Math.abs(x - left - 3), Math.abs(y - top - 3));
    if (ring <= 4) return ring === 3 || ring <= 1;
  }
  return ((x * 73_856_093) ^ (y * 19_349_663)) % 7 < 3;
}

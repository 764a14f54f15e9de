// Which ticks an entry of bench/schedule.mjs owes: all lie at `phase + k × period`, in milliseconds.

/** Ticks after `from` and up to `to`. */
export function owed({ phase, period }, { from, to }) {
  return Math.floor((to - phase) / period) - Math.floor((from - phase) / period);
}

/** Of many entries. */
export function owedByAll(grids, window) {
  return grids.reduce((sum, grid) => sum + owed(grid, window), 0);
}

/** The last tick up to `at`. */
export const lastTick = ({ phase, period }, at) => at - ((((at - phase) % period) + period) % period);

/**
 * A cron line knows no period of 73 s. It gets the nearest of 20, 30, 60 and 120 s, which together owe 7 % more ticks than
 * the periods from 20 to 120 s that the others have, and begins at a second of its own, so that no second has more
 * ticks than another. Such a line is a grid since the epoch, in every zone whose offset is whole hours or even minutes.
 */
export function cronLine(n, wanted) {
  const seconds = wanted < 25 ? 20 : wanted < 45 ? 30 : wanted < 90 ? 60 : 120;
  const phase = (n + 13 * Math.floor(n / 101)) % seconds;
  const grid = { phase: phase * 1000, period: seconds * 1000 };
  if (seconds === 120) return { grid, line: `${phase % 60} ${phase < 60 ? '*/2' : '1-59/2'} * * * *` };
  const list = Array.from({ length: 60 / seconds }, (_, k) => phase + k * seconds);
  return { grid, line: `${list.join(',')} * * * * *` };
}

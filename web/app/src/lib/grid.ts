export interface Grid {
  columns: number;
  rows: number;
  width: number;
  height: number;
}

/** The columns, rows and size of `count` tiles of an aspect that together fill a box best. */
export function fitGrid(count: number, box: { width: number; height: number }, gap: number, aspect = 16 / 9): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const width = Math.min((box.width - gap * (columns - 1)) / columns, ((box.height - gap * (rows - 1)) / rows) * aspect);
    if (width > best.width) best = { columns, rows, width: Math.floor(width), height: Math.floor(width / aspect) };
  }
  return best;
}

export interface Grid {
  columns: number;
  rows: number;
  width: number;
  height: number;
}

/** How wide a tile may be for its height: `from` the narrowest `to` the widest. */
export interface Aspect {
  from: number;
  to: number;
}

/** The columns, rows and size of `count` equal tiles that together fill a box best. */
export function fitGrid(count: number, box: { width: number; height: number }, gap: number, aspect: Aspect): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const tile = fitTile((box.width - gap * (columns - 1)) / columns, (box.height - gap * (rows - 1)) / rows, aspect);
    if (tile.width * tile.height > best.width * best.height) best = { columns, rows, ...tile };
  }
  return best;
}

/** The largest tile within a cell. */
function fitTile(width: number, height: number, { from, to }: Aspect): { width: number; height: number } {
  if (width <= 0 || height <= 0) return { width: 0, height: 0 };
  return {
    width: Math.floor(Math.min(width, height * to)),
    height: Math.floor(Math.min(height, width / from)),
  };
}

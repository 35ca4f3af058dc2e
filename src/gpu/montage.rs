//! Several slices as one image: how many tiles stand in a row, where each one is, and the sheet they are put on.

use super::offscreen::RgbaImage;

/// Black pixels between tiles would vanish between black images, so the lines are grey.
const LINE: u32 = 2;
const LINE_GREY: u8 = 64;
/// Sides of a sheet in pixels, and its pixels, at most.
const MOST_SIDE: u64 = 16_384;
const MOST_PIXELS: u64 = 1 << 27;

/// Tiles of one size in rows, from the upper left; the last row may have gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiling {
    columns: u32,
    rows: u32,
    tile: [u32; 2],
}

/// Why tiles do not go onto one sheet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TilingError {
    #[error("there is nothing to show: at least one tile of at least one pixel is needed")]
    Empty,
    #[error(
        "{columns}×{rows} tiles of {}×{} pixels would be {width}×{height} pixels; at most {MOST_SIDE} a side and {MOST_PIXELS} in all can \
         be written: take fewer slices or smaller tiles",
        tile[0], tile[1]
    )]
    TooLarge { columns: u32, rows: u32, tile: [u32; 2], width: u64, height: u64 },
}

impl Tiling {
    /// Places for `count` tiles of `tile` pixels. Without a number of columns, the sheet is about as many tiles wide as high, a little
    /// wider where that leaves fewer gaps.
    ///
    /// Errors when there is no tile, or when the sheet would be too large to be drawn and written.
    pub fn new(count: u32, columns: Option<u32>, tile: [u32; 2]) -> Result<Self, TilingError> {
        if count == 0 || tile.contains(&0) || columns == Some(0) {
            return Err(TilingError::Empty);
        }
        let columns = columns.map_or_else(|| best_columns(count), |c| c.min(count));
        let tiling = Self { columns, rows: count.div_ceil(columns), tile };
        let [width, height] = tiling.sides();
        if width > MOST_SIDE || height > MOST_SIDE || width * height > MOST_PIXELS {
            return Err(TilingError::TooLarge { columns, rows: tiling.rows, tile, width, height });
        }
        Ok(tiling)
    }

    fn sides(&self) -> [u64; 2] {
        let side = |n: u32, px: u32| u64::from(n) * u64::from(px) + u64::from(n - 1) * u64::from(LINE);
        [side(self.columns, self.tile[0]), side(self.rows, self.tile[1])]
    }

    pub fn columns(&self) -> u32 {
        self.columns
    }

    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Width and height of the sheet in pixels.
    pub fn size(&self) -> [u32; 2] {
        self.sides().map(|n| n as u32) // within the limits that `new` checked
    }

    /// Upper left pixel of the tile number `k`, from 0, row by row.
    pub fn place(&self, k: u32) -> [u32; 2] {
        [(k % self.columns) * (self.tile[0] + LINE), (k / self.columns) * (self.tile[1] + LINE)]
    }

    /// An empty sheet: black tiles and grey lines between them.
    pub fn sheet(&self) -> RgbaImage {
        let [width, height] = self.size();
        let mut sheet =
            RgbaImage { width, height, pixels: [LINE_GREY, LINE_GREY, LINE_GREY, 255].repeat(width as usize * height as usize) };
        let black = [0, 0, 0, 255].repeat(self.tile[0] as usize * self.tile[1] as usize);
        let blank = RgbaImage { width: self.tile[0], height: self.tile[1], pixels: black };
        (0..self.columns * self.rows).for_each(|k| put(&mut sheet, &blank, self.place(k)));
        sheet
    }
}

/// Puts an image onto another with its upper left corner at `[x, y]`; what sticks out is left out.
pub fn put(sheet: &mut RgbaImage, image: &RgbaImage, [x, y]: [u32; 2]) {
    let width = image.width.min(sheet.width.saturating_sub(x)) as usize * 4;
    for row in 0..image.height.min(sheet.height.saturating_sub(y)) as usize {
        let from = row * image.width as usize * 4;
        let to = ((y as usize + row) * sheet.width as usize + x as usize) * 4;
        sheet.pixels[to..to + width].copy_from_slice(&image.pixels[from..from + width]);
    }
}

/// From the square root of `count` to its double, the number of columns with the fewest gaps; of several, the smallest.
fn best_columns(count: u32) -> u32 {
    let least = (1..=count).find(|c| u64::from(*c) * u64::from(*c) >= u64::from(count)).unwrap_or(1);
    let gaps = |columns: u32| count.next_multiple_of(columns) - count;
    (least..=(2 * least).min(count)).min_by_key(|c| gaps(*c)).unwrap_or(least)
}

/// `count` positions from `first` to `last`, both included; one position is the middle.
pub fn from_to(count: u32, first: f64, last: f64) -> Vec<f64> {
    let share = |k: u32| if count == 1 { 0.5 } else { f64::from(k) / f64::from(count - 1) };
    (0..count).map(|k| first + (last - first) * share(k)).collect()
}

/// The middles of `count` equal parts between `first` and `last`: the ends, where there is next to nothing to see, are left out.
pub fn middles(count: u32, first: f64, last: f64) -> Vec<f64> {
    (0..count).map(|k| first + (last - first) * (f64::from(k) + 0.5) / f64::from(count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiling(count: u32, columns: Option<u32>, tile: [u32; 2]) -> Tiling {
        Tiling::new(count, columns, tile).unwrap()
    }

    #[test]
    fn tiles_stand_in_rows_without_overlap() {
        let t = tiling(5, Some(3), [10, 7]);
        assert_eq!((t.columns(), t.rows(), t.size()), (3, 2, [34, 16]));
        assert_eq!([0, 1, 2, 3, 4].map(|k| t.place(k)), [[0, 0], [12, 0], [24, 0], [0, 9], [12, 9]]);
        assert_eq!(tiling(2, Some(9), [10, 7]).size(), [22, 7], "no more columns than tiles");
        assert_eq!(tiling(1, None, [10, 7]).size(), [10, 7]);
    }

    #[test]
    fn sheets_are_wider_than_high_with_few_gaps() {
        let shape = |n| (tiling(n, None, [4, 4]).columns(), tiling(n, None, [4, 4]).rows());
        assert_eq!(
            [1, 2, 3, 4, 6, 7, 8, 9, 12, 20, 24].map(shape),
            [(1, 1), (2, 1), (3, 1), (2, 2), (3, 2), (4, 2), (4, 2), (3, 3), (4, 3), (5, 4), (6, 4)]
        );
        for n in 1..300 {
            let (columns, rows) = shape(n);
            assert!(columns * rows >= n && columns * (rows - 1) < n && columns >= rows, "{n}: {columns}×{rows}");
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_with_its_size() {
        for (count, columns, tile) in [(0, None, [9, 9]), (3, Some(0), [9, 9]), (3, None, [0, 9]), (3, None, [9, 0])] {
            assert_eq!(Tiling::new(count, columns, tile), Err(TilingError::Empty));
        }
        let text = Tiling::new(1000, None, [u32::MAX, u32::MAX]).unwrap_err().to_string();
        assert!(text.contains("4294967295×4294967295") && text.contains("smaller tiles"), "{text}");
        assert!(Tiling::new(17, Some(1), [10, 1000]).is_err() && Tiling::new(144, Some(12), [1024, 1024]).is_err());
        assert!(Tiling::new(100, Some(10), [1024, 1024]).is_ok());
    }

    #[test]
    fn tiles_land_where_they_belong_and_what_sticks_out_is_left_out() {
        let t = tiling(3, Some(2), [3, 2]);
        let mut sheet = t.sheet();
        let tile = |n: u8| RgbaImage { width: 3, height: 2, pixels: [n, n, n, 255].repeat(6) };
        (0..3).for_each(|k| put(&mut sheet, &tile(100 + k), t.place(u32::from(k))));
        for (k, [x, y]) in [(0, [0, 0]), (1, [5, 0]), (2, [0, 4])] {
            assert!([[0, 0], [2, 0], [0, 1], [2, 1]].iter().all(|[dx, dy]| sheet.at(x + dx, y + dy)[0] == 100 + k), "tile {k}");
        }
        assert_eq!((sheet.at(3, 0)[0], sheet.at(0, 2)[0], sheet.at(6, 4)), (LINE_GREY, LINE_GREY, [0, 0, 0, 255]), "lines and a gap");
        put(&mut sheet, &tile(7), [7, 5]);
        put(&mut sheet, &tile(7), [99, 99]);
        assert_eq!((sheet.at(7, 5)[0], sheet.at(6, 5)[0]), (7, 0));
    }

    #[test]
    fn positions_are_evenly_spaced() {
        assert_eq!(from_to(5, 10.0, -10.0), [10.0, 5.0, 0.0, -5.0, -10.0]);
        assert_eq!(from_to(1, 0.0, 8.0), [4.0]);
        assert_eq!(middles(4, 0.0, 8.0), [1.0, 3.0, 5.0, 7.0]);
        assert_eq!(middles(1, 8.0, 0.0), [4.0]);
    }
}

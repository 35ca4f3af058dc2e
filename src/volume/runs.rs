//! Runs of equal labels along a row: the one scan that counting, components, boundaries and surfaces are made of.
//!
//! A row of a label map is mostly one value for a long time, so 64 voxels are compared at once, then four in one word. Tried on 512×512×600
//! with 117 structures: voxel by voxel the scan alone takes several times as long.

/// Voxels compared at once while nothing changes; the compiler makes a few wide comparisons of them.
const BLOCK: usize = 64;
/// Voxels in a word.
const WORD: usize = 4;

/// Calls `found(first, end, value)` for each run of one label along `row`; `end` is the voxel after the last. Background is left out.
pub fn each_run(row: &[u16], mut found: impl FnMut(usize, usize, u16)) {
    let mut start = 0;
    while let Some(&value) = row.get(start) {
        let end = start + 1 + same(&row[start + 1..], value);
        if value != 0 {
            found(start, end, value);
        }
        start = end;
    }
}

/// How many voxels from the first on have this value.
fn same(row: &[u16], value: u16) -> usize {
    let mut at = 0;
    while let Some(block) = row[at..].first_chunk::<BLOCK>() {
        if block.iter().fold(0, |differs, v| differs | (v ^ value)) != 0 {
            break;
        }
        at += BLOCK;
    }
    let all = u64::from(value) * 0x0001_0001_0001_0001;
    while let Some(word) = row[at..].first_chunk::<WORD>() {
        let differs = (bytemuck::cast::<[u16; WORD], u64>(*word) ^ all).to_le(); // the first voxel in the lowest bits
        if differs != 0 {
            return at + differs.trailing_zeros() as usize / 16;
        }
        at += WORD;
    }
    at + row[at..].iter().take_while(|v| **v == value).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn runs(row: &[u16]) -> Vec<(usize, usize, u16)> {
        let mut out = Vec::new();
        each_run(row, |a, b, v| out.push((a, b, v)));
        out
    }

    #[test]
    fn runs_begin_and_end_anywhere() {
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[0; 40]), []);
        assert_eq!(runs(&[7; 33]), [(0, 33, 7)]);
        assert_eq!(runs(&[1, 1, 2, 0, 0, 65535]), [(0, 2, 1), (2, 3, 2), (5, 6, 65535)]);
    }

    proptest! {
        #[test]
        fn runs_are_those_of_a_plain_walk(pieces in proptest::collection::vec((0u16..3, 1usize..40), 0..12)) {
            let row: Vec<u16> = pieces.iter().flat_map(|(v, n)| std::iter::repeat_n(*v, *n)).collect();
            let mut at = 0;
            let mut plain = Vec::new();
            for chunk in row.chunk_by(|a, b| a == b) {
                if chunk[0] != 0 {
                    plain.push((at, at + chunk.len(), chunk[0]));
                }
                at += chunk.len();
            }
            prop_assert_eq!(runs(&row), plain);
        }
    }
}

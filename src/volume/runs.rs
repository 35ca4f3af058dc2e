//! Runs of equal labels along a row: the one scan that counting, components, boundaries and surfaces are made of.
//!
//! A row of a label map is mostly one value for a long time, so sixteen voxels are compared at once and only where one differs is it
//! looked for. Tried on 512×512×600 with 117 structures: voxel by voxel the scan alone takes 4 to 5 times as long.

/// Voxels compared at once; the compiler makes two 128-bit comparisons of them.
const BLOCK: usize = 16;

/// Calls `found(first, end, value)` for each run of one label along `row`; `end` is the voxel after the last. Background is left out.
pub fn each_run(row: &[u16], mut found: impl FnMut(usize, usize, u16)) {
    let Some(&first) = row.first() else { return };
    let (mut start, mut value, mut at) = (0, first, 1);
    while let Some(rest) = row.get(at..).filter(|r| !r.is_empty()) {
        let change = match rest.first_chunk::<BLOCK>() {
            Some(block) if block.iter().fold(0, |differs, v| differs | (v ^ value)) == 0 => None,
            Some(block) => block.iter().position(|v| *v != value),
            None => rest.iter().position(|v| *v != value),
        };
        let Some(change) = change else {
            at += BLOCK;
            continue;
        };
        if value != 0 {
            found(start, at + change, value);
        }
        start = at + change;
        value = rest[change];
        at = start + 1;
    }
    if value != 0 {
        found(start, row.len(), value);
    }
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

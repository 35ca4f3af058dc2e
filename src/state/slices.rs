//! Counting slices of a grid along a patient axis, whatever the grid's own order of axes: numbers, steps, ends.

use crate::space::{Grid, Plane, RasMm, TIE};
use glam::DVec3;

/// Voxel axis that is cut by a plane's normal, the number of slices along it and the step of one slice in mm.
fn axis(grid: &Grid, plane: Plane) -> Option<(usize, usize, f64)> {
    let axis = grid.affine.closest_axes().iter().position(|(a, _)| *a == plane.normal_axis())?;
    Some((axis, grid.size[axis], grid.affine.spacing_mm()[axis]))
}

/// 1-based number of the slice at a point and how many there are, counted along the voxel axis closest to the plane's normal in the
/// direction of the patient axis. Of a grid that is oblique to the plane it is counted on the line through the grid's centre, so that a
/// plane has one number wherever the point lies in it. Beside the grid it is the number of the slice at that end.
pub fn number(grid: &Grid, at: RasMm, plane: Plane) -> Option<(i64, usize)> {
    let (axis, count, _) = axis(grid, plane)?;
    let mut on_the_line = grid.centre();
    on_the_line.0[plane.normal_axis()] = at.0[plane.normal_axis()];
    let index = (grid.affine.to_voxel(on_the_line).0[axis] + TIE).round() as i64;
    let forward = grid.affine.closest_axes()[axis].1 > 0.0;
    let number = if forward { index + 1 } else { count as i64 - index };
    Some((number.clamp(1, count as i64), count))
}

/// True where a point lies within the grid along the plane's normal (to half a slice).
pub fn on_a_slice(grid: &Grid, at: RasMm, plane: Plane) -> bool {
    axis(grid, plane).is_some_and(|(axis, count, _)| (-0.5..count as f64 - 0.5).contains(&grid.affine.to_voxel(at).0[axis]))
}

/// A point moved by slices towards the plane's positive patient axis. It stops at the first and last slice under it, also where the
/// grid is oblique to the plane; a point beside the grid may come back, but not go further.
pub fn moved(grid: &Grid, at: RasMm, plane: Plane, slices: f64) -> RasMm {
    let Some((step, [low, high])) = room(grid, at, plane) else { return at };
    let mut moved = at.0;
    moved[plane.normal_axis()] += (slices * step).clamp(low.min(0.0), high.max(0.0));
    RasMm(moved)
}

/// Step of one slice, and how far the first and the last slice under a point are along the plane's patient axis, in mm.
fn room(grid: &Grid, at: RasMm, plane: Plane) -> Option<(f64, [f64; 2])> {
    let (axis, count, step) = axis(grid, plane)?;
    let here = grid.affine.to_voxel(at).0[axis];
    let per_mm = grid.affine.voxel_from_ras().matrix3.col(plane.normal_axis())[axis];
    let ends = [(0.0 - here) / per_mm, (count as f64 - 1.0 - here) / per_mm];
    Some((step, [ends[0].min(ends[1]), ends[0].max(ends[1])]))
}

/// Signed step in mm towards the plane's positive patient axis (`forward`) or against it, and how many such steps there are.
pub fn ahead(grid: &Grid, at: RasMm, plane: Plane, forward: bool) -> Option<(f64, u32)> {
    let (step, [low, high]) = room(grid, at, plane)?;
    let room = if forward { high } else { -low };
    Some((if forward { step } else { -step }, (room / step + 1e-6).max(0.0) as u32))
}

/// Voxel size along the patient axes in mm, by the voxel axis closest to each.
pub fn spacing(grid: &Grid) -> DVec3 {
    let mut out = DVec3::ONE;
    for ((patient, _), mm) in grid.affine.closest_axes().into_iter().zip(grid.affine.spacing_mm()) {
        out[patient] = mm;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Affine;

    fn grid() -> Grid {
        let affine = Affine::from_rows([[-2.0, 0.0, 0.0, 20.0], [0.0, -2.0, 0.0, 20.0], [0.0, 0.0, 5.0, -50.0]]).unwrap();
        Grid { size: [21, 21, 21], affine }
    }

    #[test]
    fn numbers_grow_towards_the_patient_axis_and_stop_at_the_ends() {
        let (g, mut at) = (grid(), grid().centre());
        assert_eq!(number(&g, at, Plane::Axial), Some((11, 21)));
        at = moved(&g, at, Plane::Axial, 1.0);
        assert_eq!((at.0.z, number(&g, at, Plane::Axial)), (5.0, Some((12, 21))));
        at = moved(&g, at, Plane::Axial, 1e6);
        assert_eq!(number(&g, at, Plane::Axial), Some((21, 21)));
        at = moved(&g, at, Plane::Sagittal, -1e6);
        assert_eq!(number(&g, at, Plane::Sagittal), Some((1, 21)), "numbers grow towards the patient's right");
    }

    #[test]
    fn an_oblique_grid_is_walked_to_its_own_ends() {
        let (s, c) = 20f64.to_radians().sin_cos();
        let affine = Affine::from_rows([[c, 0.0, s, 0.0], [0.0, 1.0, 0.0, 0.0], [-s, 0.0, c, 0.0]]).unwrap();
        let g = Grid { size: [41, 41, 41], affine };
        let mut at = g.centre();
        for (slices, expected) in [(1e6, 41), (1.0, 41), (-1e6, 1), (-1.0, 1)] {
            at = moved(&g, at, Plane::Axial, slices);
            assert_eq!(number(&g, at, Plane::Axial), Some((expected, 41)));
            let k = g.affine.to_voxel(at).0.z;
            assert!((k - (expected - 1) as f64).abs() < 1e-9, "{k}");
        }
    }

    #[test]
    fn a_plane_through_an_oblique_grid_has_one_number_wherever_the_point_lies_in_it() {
        let (s, c) = 20f64.to_radians().sin_cos();
        let affine = Affine::from_rows([[c, 0.0, s, 0.0], [0.0, 1.0, 0.0, 0.0], [-s, 0.0, c, 0.0]]).unwrap();
        let g = Grid { size: [41, 41, 41], affine };
        let numbers: Vec<i64> = (-20..=20)
            .map(|n| {
                let at = |x: f64| RasMm(g.centre().0 + DVec3::new(x, 3.0, f64::from(n)));
                let found = [-15.0, 0.0, 15.0].map(|x| number(&g, at(x), Plane::Axial).unwrap().0);
                assert!(found.iter().all(|f| *f == found[0]), "{found:?}");
                found[0]
            })
            .collect();
        assert!(numbers.is_sorted() && numbers[20] == 21 && numbers[0] < 4 && numbers[40] > 38, "{numbers:?}");
    }

    #[test]
    fn a_grid_of_one_slice_has_nowhere_to_go() {
        let mut g = grid();
        g.size = [21, 21, 1];
        let at = g.centre();
        for slices in [1.0, -1.0, 1e6, -1e6] {
            let there = moved(&g, at, Plane::Axial, slices);
            assert!((there.0 - at.0).length() < 1e-9);
            assert_eq!(number(&g, there, Plane::Axial), Some((1, 1)));
        }
        assert!(on_a_slice(&g, at, Plane::Axial) && !on_a_slice(&g, RasMm(at.0 + DVec3::Z * 4.0), Plane::Axial));
    }

    #[test]
    fn spacing_is_sorted_into_patient_axes() {
        let affine = Affine::from_rows([[0.0, 0.0, -3.0, 0.0], [0.7, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]).unwrap();
        assert_eq!(spacing(&Grid { size: [4, 4, 4], affine }), DVec3::new(3.0, 0.7, 2.0));
    }
}

//! From header fields to `ras_from_voxel`: sform, else qform, else pixdim, by nibabel's rules.

use super::error::Problem;
use super::header::{Header, SIZE_1};
use crate::space::{Affine, Grid};
use glam::{DAffine3, DMat3, DQuat, DVec3};

/// sform and qform may differ by this much at a corner before it is worth a warning, in mm.
const FORMS_AGREE_MM: f64 = 0.1;

/// The affine of the header and what a reader should know about it.
///
/// Errors when the form that counts is singular or not finite; a broken form that does not count is a warning.
pub(super) fn grid(h: &Header, size: [usize; 3], warnings: &mut Vec<String>) -> Result<Grid, Problem> {
    let affine = if h.sform_code > 0 {
        let sform = Affine::from_rows(h.srow).map_err(|e| unusable("sform", &e))?;
        if h.qform_code > 0 {
            compare_forms(h, size, sform, warnings);
        }
        sform
    } else if h.qform_code > 0 {
        qform(h, warnings)?
    } else {
        warnings.push("the header has neither sform nor qform: positions and sides are guessed from the spacing alone".to_owned());
        from_spacing(h, size, warnings)?
    };
    warn_angles(&affine, warnings);
    Ok(Grid { size, affine })
}

fn unusable(form: &'static str, why: &impl ToString) -> Problem {
    Problem::Affine { form, why: why.to_string() }
}

fn warn_angles(affine: &Affine, warnings: &mut Vec<String>) {
    let oblique = affine.oblique_degrees();
    if oblique > 0.01 {
        warnings.push(format!("oblique: voxel axes are turned up to {oblique:.2}° from the patient axes"));
    }
    let shear = affine.shear_degrees();
    if shear > 0.01 {
        warnings.push(format!("sheared: voxel axes are {shear:.2}° off right angles"));
    }
}

fn compare_forms(h: &Header, size: [usize; 3], sform: Affine, warnings: &mut Vec<String>) {
    let q = match qform(h, &mut Vec::new()) {
        Ok(q) => q,
        Err(e) => {
            warnings.push(format!("{e}; the sform is used"));
            return;
        }
    };
    let corners = |affine| Grid { size, affine }.corners();
    let apart = corners(sform).iter().zip(corners(q)).map(|(a, b)| (a.0 - b.0).length()).fold(0.0, f64::max);
    if apart > FORMS_AGREE_MM {
        warnings.push(format!("sform and qform disagree by {apart:.1} mm at a corner; the sform is used"));
    }
}

/// Spacing as nibabel mends it: absolute values, 0 becomes 1.
fn spacing(h: &Header, warnings: &mut Vec<String>) -> DVec3 {
    let mend = |v: f64| if v == 0.0 { 1.0 } else { v.abs() };
    if h.pixdim[1..].iter().any(|&v| v <= 0.0) {
        warnings.push(format!("pixdim {:?} is not positive; signs are dropped and 0 is taken as 1 mm", &h.pixdim[1..]));
    }
    DVec3::new(mend(h.pixdim[1]), mend(h.pixdim[2]), mend(h.pixdim[3]))
}

/// nifti1.h, method 2. A quaternion slightly over unit length is scaled to it.
fn qform(h: &Header, warnings: &mut Vec<String>) -> Result<Affine, Problem> {
    let [b, c, d] = h.quaternion;
    let length2 = b * b + c * c + d * d;
    if !length2.is_finite() || length2 > 1.02 {
        return Err(unusable("qform", &format!("its quaternion ({b}, {c}, {d}) is not a rotation")));
    }
    if length2 > 1.0 + 1e-5 {
        warnings.push(format!("the qform's quaternion has length {:.5}; it is scaled to 1", length2.sqrt()));
    }
    // Half turns have a = 0; rounding of b, c, d must not turn the grid by a fraction of a degree (nibabel's threshold).
    let rounding = 3.0 * if h.size == SIZE_1 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let a = if 1.0 - length2 < rounding { 0.0 } else { (1.0 - length2).sqrt() };
    let rotation = DMat3::from_quat(DQuat::from_xyzw(b, c, d, a).normalize());
    let mut zoom = spacing(h, warnings);
    if h.pixdim[0] < 0.0 {
        zoom.z = -zoom.z; // qfac: 0 and NaN mean 1
    }
    let matrix3 = rotation * DMat3::from_diagonal(zoom);
    Affine::new(DAffine3 { matrix3, translation: DVec3::from_array(h.qoffset) }).map_err(|e| unusable("qform", &e))
}

/// No form at all: spacing only, origin at the centre of the volume, first axis towards the patient's left (nibabel's default for
/// NIfTI, inherited from Analyze).
fn from_spacing(h: &Header, size: [usize; 3], warnings: &mut Vec<String>) -> Result<Affine, Problem> {
    let zoom = spacing(h, warnings) * DVec3::new(-1.0, 1.0, 1.0);
    let centre = DVec3::from_array(size.map(|n| (n as f64 - 1.0) / 2.0));
    Affine::new(DAffine3 { matrix3: DMat3::from_diagonal(zoom), translation: -centre * zoom }).map_err(|e| unusable("pixdim", &e))
}

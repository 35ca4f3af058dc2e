//! `voxaudit review … annotate`: a measurement as JSON, checked before the project is opened, with its HU taken from the case's image.

use super::output::{Progress, note};
use crate::formats::nifti::{self, LoadOptions};
use crate::geometry::{Annotation, Cut, Kind, Shape, hu_stats};
use crate::project::Project;
use crate::qa::ItemId;
use crate::review::{Action, Reviewer};
use crate::space::{Plane, RasMm};
use serde_json::{Map, Value};

#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit review study.voxaudit --item valid_1_a_1.nii.gz::0 --reviewer \"Jo Doe\" annotate \
                  --json '{\"kind\": \"ruler\", \"plane\": \"axial\", \"a\": [-30, 12.5, 40], \"b\": [22, 12.5, 40]}'\n\n\
                  Kinds: ruler, profile (a, b), angle (a, vertex, b), ellipse, rectangle (a, b: opposite corners). Points are [R, A, S] in mm.\n\
                  The plane is axial, coronal, sagittal, or {\"right\": [x,y,z], \"down\": [x,y,z]} with unit vectors.\n\
                  An \"id\" changes the reviewer's own measurement of that id.\n\
                  HU are taken from the case's image, when it is on this machine.")]
pub struct Args {
    /// The measurement.
    #[arg(long, value_name = "JSON", value_parser = parse, required_unless_present = "remove", conflicts_with = "remove")]
    json: Option<Drawn>,
    /// Take away the reviewer's own measurement with this id.
    #[arg(long, value_name = "ID")]
    remove: Option<String>,
}

/// What the JSON says.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    id: Option<String>,
    plane: Cut,
    shape: Shape,
}

impl Args {
    /// The event to write for it.
    ///
    /// Errors when the item is unknown or its image is there but cannot be read.
    pub fn action(&self, project: &Project, item: &ItemId, reviewer: &Reviewer) -> anyhow::Result<Action> {
        if let Some(id) = &self.remove {
            return Ok(Action::RemoveAnnotation { id: id.clone() });
        }
        let Some(drawn) = &self.json else { anyhow::bail!("--json is missing") };
        let state = project.review_state()?;
        let shape = drawn.shape.rounded();
        let hu = match shape.kind() {
            Kind::Ruler | Kind::Angle => None,
            Kind::Ellipse | Kind::Rectangle | Kind::Profile => measure(project, item, drawn.plane, &shape)?,
        };
        let made = Annotation::new(&item.to_string(), state.events_on(item), drawn.plane, shape, hu);
        match &drawn.id {
            None => Ok(Action::AddAnnotation { annotation: Box::new(made) }),
            Some(id) => {
                let annotation = Box::new(Annotation { id: id.clone(), ..made });
                let action = Action::ChangeAnnotation { annotation };
                state.annotation_problem(item, &reviewer.name, &action).map_or(Ok(action), |why| Err(anyhow::anyhow!(why)))
            }
        }
    }
}

fn measure(project: &Project, item: &ItemId, plane: Cut, shape: &Shape) -> anyhow::Result<Option<crate::geometry::HuStats>> {
    let Some(case) = project.case(&item.case)? else { anyhow::bail!("the project has no item '{item}'") };
    if let Some(why) = case.image.as_ref().and_then(|f| f.refused.as_ref()) {
        note(format_args!("voxaudit: note: {why}; the measurement is kept without HU"));
        return Ok(None);
    }
    let Some(path) = case.image.and_then(|f| f.path).filter(|p| p.exists()) else {
        note(format_args!("voxaudit: note: the image of {} is not on this machine; the measurement is kept without HU", item.case));
        return Ok(None);
    };
    let volume = nifti::read_volume(&path, &LoadOptions::default(), &Progress::new("reading the image"))?;
    let hu = hu_stats(&volume, &plane, shape);
    if hu.is_none() {
        note(format_args!("voxaudit: note: no voxel of the image lies in the measurement; it is kept without HU"));
    }
    Ok(hu)
}

fn parse(text: &str) -> Result<Drawn, String> {
    let fields: Map<String, Value> = serde_json::from_str(text).map_err(|e| format!("not a JSON object: {e}"))?;
    let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
    let kinds = || Kind::ALL.map(Kind::code).join(", ");
    let kind = Kind::ALL.into_iter().find(|k| k.code() == kind).ok_or_else(|| format!("\"kind\" must be one of {}", kinds()))?;
    let names: &[&str] = if kind == Kind::Angle { &["a", "vertex", "b"] } else { &["a", "b"] };
    let known = |key: &str| ["kind", "plane", "id"].contains(&key) || names.contains(&key);
    if let Some(other) = fields.keys().find(|k| !known(k)) {
        return Err(format!("a measurement of kind {} has no field \"{other}\"", kind.code()));
    }
    let id = match fields.get("id") {
        None => None,
        Some(Value::String(id)) => Some(id.clone()),
        Some(_) => return Err("\"id\" must be a text".to_owned()),
    };
    let points = names.iter().map(|name| point(&fields, name)).collect::<Result<Vec<RasMm>, String>>()?;
    let plane = plane(fields.get("plane"))?;
    let shape = Shape::new(kind, &points).ok_or("points are missing")?;
    let problem = Annotation::new("", 0, plane, shape, None).problem();
    problem.map_or(Ok(Drawn { id, plane, shape }), Err)
}

fn point(fields: &Map<String, Value>, name: &str) -> Result<RasMm, String> {
    let read = fields.get(name).and_then(|v| serde_json::from_value::<[f64; 3]>(v.clone()).ok());
    read.map(RasMm::from).ok_or_else(|| format!("\"{name}\" must be a point [R, A, S] in mm"))
}

fn plane(value: Option<&Value>) -> Result<Cut, String> {
    let wrong = || "\"plane\" must be axial, coronal, sagittal or {\"right\": [x,y,z], \"down\": [x,y,z]}".to_owned();
    match value {
        Some(Value::String(name)) => name.parse::<Plane>().map(Cut::Standard),
        Some(object @ Value::Object(_)) => match serde_json::from_value(object.clone()) {
            Ok(Cut::Oblique { right, down }) => Ok(Cut::Oblique { right, down }),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_the_json_is_named() {
        for (text, words) in [
            ("[]", "not a JSON object"),
            (r#"{"kind": "blob"}"#, "ruler, angle"),
            (r#"{"kind": "ruler", "plane": "axial", "a": [0, 0, 0]}"#, "\"b\" must be a point"),
            (r#"{"kind": "ruler", "plane": "axial", "a": [0, 0], "b": [1, 1, 1]}"#, "\"a\" must be a point"),
            (r#"{"kind": "ruler", "plane": "axial", "a": [0, 0, 0], "b": [1, 0, 0], "vertex": [0, 0, 0]}"#, "no field \"vertex\""),
            (r#"{"kind": "ruler", "plane": "axial", "a": [0, 0, 0], "b": [0, 0, 0]}"#, "no length"),
            (r#"{"kind": "ruler", "plane": "axial", "a": [0, 0, 0], "b": [0, 0, 9]}"#, "do not lie in its plane"),
            (r#"{"kind": "ruler", "plane": "up", "a": [0, 0, 0], "b": [1, 0, 0]}"#, "axial, coronal or sagittal"),
            (r#"{"kind": "ruler", "a": [0, 0, 0], "b": [1, 0, 0]}"#, "\"plane\" must be"),
            (r#"{"kind": "ruler", "plane": {"right": [1, 0, 0], "down": [1, 0, 0]}, "a": [0, 0, 0], "b": [1, 0, 0]}"#, "right angles"),
            (r#"{"kind": "ruler", "plane": "axial", "a": [0, 0, 0], "b": [1, 0, 0], "id": 3}"#, "\"id\" must be"),
        ] {
            let why = parse(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
        let good =
            parse(r#"{"kind": "angle", "plane": "axial", "a": [5, 0, 0], "vertex": [0, 0, 0], "b": [0, 5, 0], "id": "x1"}"#).unwrap();
        assert_eq!((good.shape.kind(), good.id.as_deref()), (Kind::Angle, Some("x1")));
    }
}

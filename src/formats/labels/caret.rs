//! The CaretExtension XML that TotalSegmentator and Connectome Workbench write into a NIfTI header extension.

use super::Entry;

/// Names and colours of a header extension; `None` when it is something else. What cannot be used becomes a warning: the voxels are
/// good without it.
pub fn parse(content: &[u8], warnings: &mut Vec<String>) -> Option<Vec<Entry>> {
    let text = String::from_utf8_lossy(content);
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    if !text.contains("<CaretExtension") {
        return None;
    }
    let xml = match roxmltree::Document::parse(text) {
        Ok(xml) => xml,
        Err(e) => {
            warnings.push(format!("label names in the header are damaged and ignored: {e}"));
            return None;
        }
    };
    let labels = xml.descendants().filter(|n| n.has_tag_name("Label"));
    Some(labels.filter_map(|node| entry(&node, warnings)).collect())
}

fn entry(node: &roxmltree::Node<'_, '_>, warnings: &mut Vec<String>) -> Option<Entry> {
    let key = node.attribute("Key").unwrap_or_default();
    let Ok(value) = key.trim().parse::<u16>() else {
        warnings.push(format!("the header names a label with the key '{key}', which is not 0 to 65,535; it is ignored"));
        return None;
    };
    let name = node.text().unwrap_or_default().trim();
    if value == 0 {
        return None; // background
    }
    let channel = |name: &str| {
        let v: f64 = node.attribute(name)?.trim().parse().ok()?;
        v.is_finite().then(|| (v.clamp(0.0, 1.0) * 255.0).round() as u8)
    };
    let color = channel("Red").zip(channel("Green")).zip(channel("Blue")).map(|((r, g), b)| [r, g, b]);
    let name = if name.is_empty() { format!("label {value}") } else { name.to_owned() };
    Some(Entry { value, name, color })
}

/// The XML for a table, as TotalSegmentator lays it out.
pub fn write(entries: &[Entry]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><CaretExtension><VolumeInformation Index=\"0\"><LabelTable>\n");
    for e in entries {
        let [r, g, b] = e.color.unwrap_or_else(|| crate::volume::palette(e.value)).map(|c| f64::from(c) / 255.0);
        let name = e.name.replace("]]>", "]] >");
        let line = format!("<Label Key=\"{}\" Red=\"{r}\" Green=\"{g}\" Blue=\"{b}\" Alpha=\"1\"><![CDATA[{name}]]></Label>\n", e.value);
        xml.push_str(&line);
    }
    xml.push_str("</LabelTable><VolumeType><![CDATA[Label]]></VolumeType></VolumeInformation></CaretExtension>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let entries = vec![
            Entry { value: 1, name: "kidney_left".into(), color: Some([255, 128, 0]) },
            Entry { value: 65535, name: "<odd> & ]]> name".into(), color: Some([1, 2, 3]) },
        ];
        let mut warnings = Vec::new();
        let back = parse(format!("{}  \0\0", write(&entries)).as_bytes(), &mut warnings).unwrap();
        assert_eq!((back[0].clone(), back[1].name.as_str()), (entries[0].clone(), "<odd> & ]] > name"));
        assert!(warnings.is_empty());
    }

    #[test]
    fn damage_is_a_warning_not_an_end() {
        let mut warnings = Vec::new();
        assert_eq!(parse(b"<CaretExtension><Label", &mut warnings), None);
        assert!(warnings[0].contains("damaged"));
        assert_eq!(parse(b"something else", &mut warnings), None);
        let bad = b"<CaretExtension><Label Key='70000'>x</Label><Label Key='0'>bg</Label><Label Key='3' Red='nan'/></CaretExtension>";
        let read = parse(bad, &mut warnings).unwrap();
        assert_eq!(read, [Entry { value: 3, name: "label 3".into(), color: None }]);
        assert!(warnings[1].contains("70000"));
    }

    #[test]
    fn entity_bombs_are_refused() {
        let bomb = b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><CaretExtension><Label Key='1'>&a;</Label></CaretExtension>";
        assert_eq!(parse(bomb, &mut Vec::new()), None);
    }
}
